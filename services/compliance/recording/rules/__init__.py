"""What a recording is and when it counts (`states`), and how long it is kept (`retention`)."""

from services.compliance.recording.rules.states import RecordingFacts, RecordingState

__all__ = ["RecordingFacts", "RecordingState"]
