"""Rules on tables that training, batch scoring and requests share: gather, repair, split."""
