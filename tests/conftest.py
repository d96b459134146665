"""What holds for every test."""

import os

# Before any library with OpenMP is imported: threads that spin while they wait take the cores from those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from hypothesis import settings

# The same examples every time: a test that fails now and then helps nobody.
# Try others with --hypothesis-profile=random.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
settings.load_profile("steady")
