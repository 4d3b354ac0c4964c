"""Training of the models that Dramaturg ships; needs the extra `train`."""
