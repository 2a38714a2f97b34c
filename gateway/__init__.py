"""The one door of the suite, and the case desk."""
