"""The longest text each kind of field may hold, in characters: the widths of the columns (G10)."""

NOTICE_NO = 10
STAGE = 3
OFFENCE_TYPE = 5
VEHICLE_NO = 14
ID_NO = 12
NAME = 66
EMAIL = 320
BLOCK_NO = 10
STREET_NAME = 32
BUILDING_NAME = 65
FLOOR_NO = 3
UNIT_NO = 5
POSTAL_CODE = 6
RELATIONSHIP = 50
REMARKS = 200
