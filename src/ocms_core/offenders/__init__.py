"""Contract 3: officers furnish, redirect and update owners, hirers and drivers."""
