"""From a commit to an installation: release notes, the chart as a package, deployments that take themselves back."""
