"""What can keep a call from being answered, and the HTTP status of every answer code."""

from enum import Enum, auto, unique
from http import HTTPStatus

from ocms_core.kernel import codes
from ocms_core.kernel.codes import Code


@unique
class Problem(Enum):
    """Why a call got no answer of its own; each API family has its words for each."""

    UNAUTHORIZED = auto()
    FORBIDDEN = auto()
    RATE_LIMITED = auto()
    TOO_LARGE = auto()
    MALFORMED = auto()
    INTERNAL_ERROR = auto()
    UNAVAILABLE = auto()


STATUS: dict[Code, HTTPStatus] = {
    codes.SUCCESS: HTTPStatus.OK,
    codes.PAYMENT_STATUS_RETRIEVED: HTTPStatus.OK,
    codes.COURT_NOTICES_UPDATED: HTTPStatus.OK,
    codes.COURT_NOTICES_PARTLY_UPDATED: HTTPStatus.MULTI_STATUS,
    codes.NOTICE_INFO_RETRIEVED: HTTPStatus.OK,
    codes.INVALID_PAYLOAD: HTTPStatus.BAD_REQUEST,
    codes.INVALID_TIMESTAMP: HTTPStatus.BAD_REQUEST,
    codes.INVALID_NOTICES: HTTPStatus.BAD_REQUEST,
    codes.INVALID_NOTICE_NO: HTTPStatus.BAD_REQUEST,
    codes.DUPLICATE_NOTICE_NO: HTTPStatus.BAD_REQUEST,
    codes.INVALID_SUSPENSION_TYPE: HTTPStatus.BAD_REQUEST,
    codes.INVALID_EPR_REASON: HTTPStatus.BAD_REQUEST,
    codes.INVALID_STAGE: HTTPStatus.BAD_REQUEST,
    codes.NOT_A_COURT_NOTICE: HTTPStatus.NOT_FOUND,
    codes.NO_COURT_NOTICE: HTTPStatus.NOT_FOUND,
    codes.NOTICES_NOT_FOUND: HTTPStatus.NOT_FOUND,
    codes.NO_SUCH_PATH: HTTPStatus.NOT_FOUND,
    codes.NO_SUCH_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    codes.BATCH_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    codes.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    codes.INVALID_API_CREDENTIALS: HTTPStatus.UNAUTHORIZED,
    codes.INVALID_OAUTH_TOKEN: HTTPStatus.UNAUTHORIZED,
    codes.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    codes.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    codes.HST_SUCCESS: HTTPStatus.OK,
    codes.HST_ID_IS_LISTED: HTTPStatus.OK,
    codes.HST_ID_CREATED: HTTPStatus.OK,
    codes.HST_ID_CREATED_ALONE: HTTPStatus.OK,
    codes.HST_UPDATED: HTTPStatus.OK,
    codes.HST_REVIVED: HTTPStatus.OK,
    codes.FIELD_REQUIRED: HTTPStatus.BAD_REQUEST,
    codes.FIELD_INVALID: HTTPStatus.BAD_REQUEST,
    codes.HST_NOT_CREATED: HTTPStatus.BAD_REQUEST,
    codes.HST_NOT_UPDATED: HTTPStatus.BAD_REQUEST,
    codes.HST_NOT_REVIVED: HTTPStatus.BAD_REQUEST,
    codes.HST_BODY_INVALID: HTTPStatus.BAD_REQUEST,
    codes.HST_BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    codes.HST_UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    codes.HST_ID_NOT_FOUND: HTTPStatus.BAD_REQUEST,
    codes.HST_ID_EXISTS: HTTPStatus.BAD_REQUEST,
    codes.HST_INTERNAL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    codes.HST_REPORT_FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
    codes.HST_REPORT_NOT_STORED: HTTPStatus.INTERNAL_SERVER_ERROR,
    codes.HST_MAIL_FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
    codes.HST_FILE_MISMATCH: HTTPStatus.INTERNAL_SERVER_ERROR,
    codes.INTERNAL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    codes.SERVICE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
