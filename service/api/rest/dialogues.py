"""Dialogues over REST: of social spaces and regions, their themes and measures, and what everybody may read of them."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, page_of, single
from service.domain.dialogues import announcing, field_notes, measures, meeting, themes
from service.domain.dialogues.field_notes import FieldNoteView, FieldWorkView
from service.domain.dialogues.views import (
    DialogueAnnouncementView,
    DialogueParticipantView,
    DialogueSeriesView,
    DialogueView,
    MeasureView,
    MinutesReleaseView,
    ReleasedThemeView,
    ThemeNeedView,
    ThemeStepView,
    ThemeView,
)

DIALOGUES, THEMES, MEASURES, MINUTES = "Dialogues", "Themes", "Measures", "Released minutes"
FIELD_WORK = "Field work"
DIALOGUE, THEME = ("dialogue_id", DialogueView), ("theme_id", ThemeView)
SERIES, ANNOUNCEMENTS = "/series-of-dialogues", "/dialogue-announcements"

listed(DialogueSeriesView, SERIES, name="list_series_of_dialogues", tag=DIALOGUES)
single(DialogueSeriesView, f"{SERIES}/{{dialogue_series_id}}", name="read_dialogue_series", tag=DIALOGUES)
listed(DialogueView, "/dialogues", name="list_dialogues", tag=DIALOGUES)
single(
    DialogueView,
    "/dialogues/{dialogue_id}",
    name="read_dialogue",
    tag=DIALOGUES,
    embedded=page_of(DialogueView, "participants", "themes", first=200),
)
listed(
    DialogueParticipantView,
    "/dialogues/{dialogue_id}/participants",
    name="list_participants_of_dialogue",
    tag=DIALOGUES,
    within=DIALOGUE,
)
single(
    DialogueParticipantView,
    "/dialogue-participants/{dialogue_participant_id}",
    name="read_dialogue_participant",
    tag=DIALOGUES,
)
listed(DialogueAnnouncementView, ANNOUNCEMENTS, name="list_dialogue_announcements", tag=DIALOGUES)
single(
    DialogueAnnouncementView,
    f"{ANNOUNCEMENTS}/{{dialogue_announcement_id}}",
    name="read_dialogue_announcement",
    tag=DIALOGUES,
)
listed(ThemeView, "/themes", name="list_themes", tag=THEMES)
listed(ThemeView, "/dialogues/{dialogue_id}/themes", name="list_themes_of_dialogue", tag=THEMES, within=DIALOGUE)
single(ThemeView, "/themes/{theme_id}", name="read_theme", tag=THEMES)
listed(ThemeNeedView, "/themes/{theme_id}/needs", name="list_needs_of_theme", tag=THEMES, within=THEME)
single(ThemeNeedView, "/theme-needs/{theme_need_id}", name="read_theme_need", tag=THEMES)
listed(ThemeStepView, "/theme-steps", name="list_theme_steps", tag=THEMES)
listed(ThemeStepView, "/themes/{theme_id}/steps", name="list_steps_of_theme", tag=THEMES, within=THEME)
single(ThemeStepView, "/theme-steps/{theme_step_id}", name="read_theme_step", tag=THEMES)
listed(MeasureView, "/measures", name="list_measures", tag=MEASURES)
listed(MeasureView, "/themes/{theme_id}/measures", name="list_measures_of_theme", tag=MEASURES, within=THEME)
single(MeasureView, "/measures/{measure_id}", name="read_measure", tag=MEASURES)
listed(MinutesReleaseView, "/minutes-releases", name="list_minutes_releases", tag=MINUTES)
single(
    MinutesReleaseView,
    "/minutes-releases/{minutes_release_id}",
    name="read_minutes_release",
    tag=MINUTES,
    embedded=page_of(MinutesReleaseView, "themes", first=200),
)
listed(ReleasedThemeView, "/released-themes", name="list_released_themes", tag=MINUTES)
single(ReleasedThemeView, "/released-themes/{released_theme_id}", name="read_released_theme", tag=MINUTES)

listed(FieldNoteView, "/field-notes", name="list_field_notes", tag=FIELD_WORK)
single(FieldNoteView, "/field-notes/{field_note_id}", name="read_field_note", tag=FIELD_WORK)
listed(FieldWorkView, "/field-work", name="list_field_work", tag=FIELD_WORK)

performed(field_notes.note_field_work, "POST", "/social-spaces/{social_space_id}/field-notes", tag=FIELD_WORK)
performed(field_notes.withdraw_field_note, "POST", "/field-notes/{field_note_id}/withdraw", tag=FIELD_WORK)
performed(meeting.start_space_dialogue, "POST", "/social-space-dialogues", tag=DIALOGUES)
performed(meeting.start_region_dialogue, "POST", "/regional-dialogues", tag=DIALOGUES)
performed(meeting.plan_dialogue, "POST", f"{SERIES}/{{dialogue_series_id}}/dialogues", tag=DIALOGUES)
performed(meeting.change_dialogue, "PATCH", "/dialogues/{dialogue_id}", tag=DIALOGUES)
performed(meeting.add_dialogue_participant, "POST", "/dialogues/{dialogue_id}/participants", tag=DIALOGUES)
performed(meeting.invite_to_dialogue, "POST", "/dialogues/{dialogue_id}/invite", tag=DIALOGUES)
performed(announcing.announce_dialogue, "POST", "/dialogues/{dialogue_id}/announce", tag=DIALOGUES)
performed(announcing.call_off_dialogue, "POST", f"{ANNOUNCEMENTS}/{{dialogue_announcement_id}}/call-off", tag=DIALOGUES)
performed(meeting.hold_dialogue, "POST", "/dialogues/{dialogue_id}/hold", tag=DIALOGUES)
performed(meeting.draft_minutes, "POST", "/dialogues/{dialogue_id}/draft-minutes", tag=DIALOGUES)
performed(meeting.release_minutes, "POST", "/dialogues/{dialogue_id}/release-minutes", tag=DIALOGUES)
performed(meeting.close_dialogue, "POST", "/dialogues/{dialogue_id}/close", tag=DIALOGUES)

performed(themes.raise_theme, "POST", f"{SERIES}/{{dialogue_series_id}}/themes", tag=THEMES)
performed(themes.change_theme, "PATCH", "/themes/{theme_id}", tag=THEMES)
performed(themes.collect_theme, "POST", "/themes/{theme_id}/collect", tag=THEMES)
performed(themes.prioritise_theme, "POST", "/themes/{theme_id}/prioritise", tag=THEMES)
performed(themes.work_on_theme, "POST", "/themes/{theme_id}/work-on", tag=THEMES)
performed(themes.take_up_theme, "POST", "/themes/{theme_id}/take-up", tag=THEMES)
performed(themes.resolve_theme, "POST", "/themes/{theme_id}/resolve", tag=THEMES)
performed(themes.park_theme, "POST", "/themes/{theme_id}/park", tag=THEMES)
performed(themes.state_need, "POST", "/themes/{theme_id}/needs", tag=THEMES)
performed(themes.plan_theme_step, "POST", "/themes/{theme_id}/steps", tag=THEMES)
performed(themes.finish_theme_step, "POST", "/theme-steps/{theme_step_id}/finish", tag=THEMES)

performed(measures.propose_measure, "POST", "/themes/{theme_id}/measures", tag=MEASURES)
performed(measures.change_measure, "PATCH", "/measures/{measure_id}", tag=MEASURES)
performed(measures.agree_measure, "POST", "/measures/{measure_id}/agree", tag=MEASURES)
performed(measures.reconsider_measure, "POST", "/measures/{measure_id}/reconsider", tag=MEASURES)
performed(measures.start_measure, "POST", "/measures/{measure_id}/start", tag=MEASURES)
performed(measures.fund_measure, "POST", "/measures/{measure_id}/commitments", tag=MEASURES)
performed(measures.evaluate_measure, "POST", "/measures/{measure_id}/evaluate", tag=MEASURES)
performed(measures.continue_measure, "POST", "/measures/{measure_id}/continue", tag=MEASURES)
performed(measures.end_measure, "POST", "/measures/{measure_id}/end", tag=MEASURES)
