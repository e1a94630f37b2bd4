/* The verbs. To add one: write cli/verb_NAME.c with its function, declare it here, enter it in the table of
 * main.c. */
#ifndef FB_CLI_VERBS_H
#define FB_CLI_VERBS_H

/* argv[0] is the verb. Each returns the exit code of the program. */
int fb_verb_ingest(int argc, char **argv);
int fb_verb_info(int argc, char **argv);
int fb_verb_sessions(int argc, char **argv);
int fb_verb_show(int argc, char **argv);
int fb_verb_packets(int argc, char **argv);
int fb_verb_dns(int argc, char **argv);
int fb_verb_names(int argc, char **argv);
int fb_verb_hosts(int argc, char **argv);
int fb_verb_sql(int argc, char **argv);
int fb_verb_export(int argc, char **argv);
int fb_verb_note(int argc, char **argv);
int fb_verb_notes(int argc, char **argv);
int fb_verb_tag(int argc, char **argv);
int fb_verb_seal(int argc, char **argv);
int fb_verb_verify(int argc, char **argv);
int fb_verb_encrypt(int argc, char **argv);
int fb_verb_decrypt(int argc, char **argv);
int fb_verb_retain(int argc, char **argv);
int fb_verb_migrate(int argc, char **argv);
int fb_verb_merge(int argc, char **argv);
int fb_verb_replay(int argc, char **argv);
int fb_verb_diff(int argc, char **argv);
int fb_verb_intel(int argc, char **argv);
int fb_verb_features(int argc, char **argv);
int fb_verb_findings(int argc, char **argv);
int fb_verb_train(int argc, char **argv);
int fb_verb_score(int argc, char **argv);
int fb_verb_model(int argc, char **argv);
int fb_verb_explain(int argc, char **argv);
int fb_verb_lists(int argc, char **argv);
int fb_verb_suppress(int argc, char **argv);

/* No verb: ingest in memory and a summary. */
int fb_verb_summary(int argc, char **argv);

#endif
