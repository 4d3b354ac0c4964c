"""What each figure is called and what it tells, in one line."""

from __future__ import annotations

TITLES: dict[str, tuple[str, str]] = {
    "turns": ("turns a conversation", "how long conversations are"),
    "words": ("words an utterance", "tokens without punctuation"),
    "spaced_words": ("words an utterance, parted by spaces", "marks parted by spaces count"),
    "questions": ("utterances with a question", "a question mark of any script"),
    "opens_with_i_like_to": ('open with "I like to"', "a habit of small writers"),
    "short_turns": ("utterances of 1 to 3 words", "human chat has them"),
    "same_speaker_again": ("same speaker again", "turns that follow a turn of the same speaker"),
    "speaker_balance": ("speaker balance", "words of who says least over an equal share"),
    "empty_turns": ("empty turns", "utterances without a character"),
    "english": ("conversations in English", "by their function words"),
    "shown_by_owner": ("attributes shown", "60 % of its content words, by its owner"),
    "shown_by_partner_only": ("attributes shown by the partner only", "taken over from the other"),
    "shown_by_neither": ("attributes shown by nobody", "silence is faithful, and says nothing"),
    "persona_words_said": ("persona words said", "content words of attributes that the owner says"),
    "facts": ("different facts", "case, punctuation and contractions set aside"),
    "fact_words": ("words a fact", "parted by spaces"),
    "fact_pieces": ("words and marks a fact", "punctuation counts, as the paper has it"),
    "persona_categories": ("persona categories", "clusters of facts by average linkage"),
    "persona_category_distance": ("distance of categories", "between their centres"),
    "distinct_1": ("distinct-1", "different words over all, at equal length"),
    "distinct_2": ("distinct-2", "different pairs of words over all, at equal length"),
    "distinct_3": ("distinct-3", "different runs of three words over all, at equal length"),
    "different_utterances": ("different utterances", "over everything: falls with size"),
    "different_utterances_equal": ("different utterances, equal number", "of equally many"),
    "said_before": ("said before", "utterances repeated inside their conversation"),
    "compression": ("compression ratio", "higher is more repetitive"),
    "self_bleu": ("self-BLEU", "how well utterances are pieced together from others"),
    "nearest_talk": ("nearest other talk", "highest ROUGE-L to any of equally many others"),
    "vendi_utterances": ("Vendi score, utterances", "effective number of different meanings"),
    "vendi_conversations": ("Vendi score, conversations", "effective number of different talks"),
    "distance_of_conversations": ("distance of conversations", "mean over all pairs"),
    "topic_spread": ("topics", "effective number, fitted on both sides together"),
    "next_utterance_ir_none": ("next utterance by words", "knowing no persona"),
    "next_utterance_ir_self": ("next utterance by words, own persona", "of who speaks next"),
    "next_utterance_ir_their": ("next utterance by words, partner's persona", "of who spoke last"),
    "next_utterance_ir_both": ("next utterance by words, both personas", ""),
    "next_utterance_ranker_none": ("next utterance, trained ranker", "knowing no persona"),
    "next_utterance_ranker_self": ("next utterance, ranker, own persona", "of who speaks next"),
    "next_utterance_ranker_their": ("next utterance, ranker, partner's persona", ""),
    "next_utterance_ranker_both": ("next utterance, ranker, both personas", ""),
    "next_utterance_expert_none": ("next utterance, shipped ranker", "trained on SPC"),
    "next_utterance_expert_both": ("next utterance, shipped ranker, both personas", ""),
    "profile_extraction_user_1_from_user_1": ("profile of user 1 read from user 1", "35 options"),
    "profile_extraction_user_1_from_user_2": ("profile of user 1 read from user 2", ""),
    "profile_extraction_user_2_from_user_1": ("profile of user 2 read from user 1", ""),
    "profile_extraction_user_2_from_user_2": ("profile of user 2 read from user 2", ""),
    "profile_extraction_own": ("profile read from the talk", ""),
    "turns_with_copied_facts": ("utterances that copy a fact", "four words in a row of a fact"),
    "facts_copied": ("facts copied", "runs of four words of facts, said by their owner"),
    "near_duplicates": ("near-duplicates", "70 % of 5-word runs shared with an earlier talk"),
    "leaked_people": ("people in training too", "of people held out; 60 % of facts shared"),
    "leaked_conversations": ("conversations in training too", "of those held out, nearly the same"),
    "leaked_facts": ("facts in training too", "of people held out; may be shared by design"),
    "utterances_in_reference": ("utterances in the reference", "word for word"),
    "four_words_in_reference": ("runs of 4 words in the reference", "at equal length"),
    "frechet": ("Fréchet distance to the reference", "of utterance vectors; 0 = same cloud"),
    "frechet_of_reference_halves": ("the same between halves of the reference", "the floor"),
    "told_apart": ("told apart by a classifier", "0.5 = not at all; words only, no punctuation"),
    "told_apart_auc": ("the same as AUC", "0.5 = not at all"),
    "told_apart_by_length": ("told apart by length alone", "turns and words"),
}  # fmt: skip

GROUPS = {
    "size": "Size",
    "manner": "Manner",
    "persona": "Persona",
    "variety": "Variety",
    "coherence": "Coherence",
    "copying": "Copying and leakage",
    "scores": "Scores",
    "reference": "Beside the reference",
    "health": "Health of the data",
}


def title(name: str) -> str:
    """A figure's name for people."""
    return TITLES.get(name, (name.replace("_", " "), ""))[0]


def meaning(name: str) -> str:
    """What a figure tells, or "" where its name says it."""
    return TITLES.get(name, ("", ""))[1]
