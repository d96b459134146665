"""Features, candidates, calibration, decisions: what modelling, evaluation, scoring and serving share."""
