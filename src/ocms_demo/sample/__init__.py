"""Sample data: invented notices in every state there is, and those of the contract's examples."""

from ocms_demo.sample.loading import SampleReport, load_sample

__all__ = ["SampleReport", "load_sample"]
