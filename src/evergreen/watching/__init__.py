"""What a live release is held against: windows, profiles that add up, and alarms within one error budget."""
