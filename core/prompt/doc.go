// Package prompt turns users, items and texts into token sequences by means of
// soft+hard prompts (Zhu et al., WWW 2024, section 3.3): a template mixes hard
// tokens (words of the language model) with soft tokens (<user_i>, <item_j>).
//
// Token ids follow the authors' code (src/libs/tokenizer.py): word w is w,
// <user_i> is N+i and <item_j> is N+I+j. So does the treatment of spaces: a
// template is cut at its soft tokens, each literal part loses the spaces at its
// end and keeps those at its start. "{user} has interacted with {items}"
// becomes <user_i>, " has interacted with", <item_a>, <item_b>, ...: no word
// stands for the space before a soft token. (Only where a history is empty do we
// differ: its template stays cut there, while the authors' tokenizer sees one
// literal "with ," and so a comma with a space before it.)
//
// A sequence that is too long loses part of its main text or of its history,
// never part of its question (the released code cuts the end of a finetuning
// prompt, that is, the question itself):
//   - a text is cut at its end;
//   - a history (collaborative document, finetuning or ranking prompt) keeps
//     its last entries, in the order that the caller chose.
package prompt
