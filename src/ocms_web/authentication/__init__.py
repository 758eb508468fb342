"""From the headers of a request to the caller, or to the reason why it is rejected."""

from ocms_web.authentication.authenticator import Authenticator
from ocms_web.authentication.rejections import AuthenticationFailure

__all__ = ["AuthenticationFailure", "Authenticator"]
