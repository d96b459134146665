"""From a challenger and a holdout to a verdict: what evaluation and retraining share."""
