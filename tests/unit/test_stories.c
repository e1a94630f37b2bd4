/* Runs every tests/stories/NAME.t as a test of its own. A story is a shell script that uses
 * tests/stories/lib.sh; it fails by its exit code, and its output is shown then. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DIR_OF_STORIES "tests/stories"
#define STORIES_MAX    256
#define SKIP_CODE      77 /* a story says that this machine lacks something; its output names it */

static char *output_of(FILE *f)
{
    size_t n = 0, cap = 65536;
    char *text = malloc(cap + 1);
    assert_non_null(text);
    for (size_t got; n < cap && (got = fread(text + n, 1, cap - n, f)) > 0;)
        n += got;
    text[n] = '\0';
    return text;
}

static void run_story(void **state)
{
    char command[512];
    snprintf(command, sizeof command, "sh %s/%s 2>&1 </dev/null", DIR_OF_STORIES, (const char *)*state);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    char *text = output_of(f);
    int status = pclose(f);
    bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == SKIP_CODE;
    bool ok =
        WIFEXITED(status) && WEXITSTATUS(status) == 0 && strstr(text, "ok ") && !strstr(text, "not ok ");
    if (!ok)
        fputs(text, stderr);
    free(text);
    if (skipped)
        skip();
    if (!ok)
        fail_msg("the story %s failed", (const char *)*state);
}

static int is_story(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 2 && strcmp(d->d_name + n - 2, ".t") == 0;
}

int main(void)
{
    struct dirent **entry;
    int n = scandir(DIR_OF_STORIES, &entry, is_story, alphasort);
    if (n <= 0 || n > STORIES_MAX) {
        fprintf(stderr, "no stories in %s: run from the top of the tree\n", DIR_OF_STORIES);
        return 1;
    }
    static struct CMUnitTest tests[STORIES_MAX];
    for (int i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){entry[i]->d_name, run_story, NULL, NULL, entry[i]->d_name};
    int failed = _cmocka_run_group_tests("stories", tests, (size_t)n, NULL, NULL);
    for (int i = 0; i < n; i++)
        free(entry[i]);
    free(entry);
    return failed;
}
