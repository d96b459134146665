"""The past of a case, replayed batch by batch under policies of retraining."""
