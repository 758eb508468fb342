"""The doors: from a request's headers to who is calling, or to why it is turned away."""

from ocms_web.authentication.authenticator import Authenticator
from ocms_web.authentication.rejections import AuthenticationFailure

__all__ = ["AuthenticationFailure", "Authenticator"]
