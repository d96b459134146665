"""What a request costs, served by evergreen and in the two ways that are usual."""
