"""Exercise 6.3: the map of the latent plane, by the learner."""
