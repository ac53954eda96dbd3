"""How fast Labwright is, beside the raw driver and beside DataJoint, on the same server in the same run."""
