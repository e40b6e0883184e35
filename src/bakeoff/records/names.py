"""What files are called, for those who only look for them."""

RECORD_NAME = "record.json"
