"""What a contract type is made of: functions, arguments, errors, events, linked libraries."""
