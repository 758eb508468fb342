"""Sample data: invented notices in every state a notice can be in, and those the contract's examples name."""

from ocms_demo.sample.loading import SampleReport, load_sample

__all__ = ["SampleReport", "load_sample"]
