"""The face: what a person sees and touches."""
