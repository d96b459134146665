"""Replaying a case's past under policies of retraining: what each would have earned and cost."""
