"""What the platform tells about itself: metrics, the rules that judge them, and pages and indices that show them."""
