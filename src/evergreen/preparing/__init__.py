"""From sources to training rows and holdout: what data_processing and retraining share."""
