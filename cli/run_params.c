/* The recorded options of a run, read back. */
#include "base/timefmt.h"
#include "cli/run_record.h"

#include <cjson/cJSON.h>

static bool read_time(const cJSON *root, const char *key, int64_t *ns)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, key);
    return cJSON_IsNull(v) || (cJSON_IsString(v) && fb_time_parse(v->valuestring, ns));
}

static bool read_all(const cJSON *root, struct fb_ingest_opts *o, char **filter)
{
    const cJSON *f = cJSON_GetObjectItemCaseSensitive(root, "filter"),
                *checksums = cJSON_GetObjectItemCaseSensitive(root, "ignore_checksums"),
                *memory = cJSON_GetObjectItemCaseSensitive(root, "memory_bytes");
    o->after_ns = INT64_MIN;
    o->before_ns = INT64_MAX;
    if (!read_time(root, "after", &o->after_ns) || !read_time(root, "before", &o->before_ns) ||
        !cJSON_IsBool(checksums) || !cJSON_IsNumber(memory) ||
        !(memory->valuedouble >= 1 && memory->valuedouble < 9e15) || !(cJSON_IsNull(f) || cJSON_IsString(f)))
        return false;
    o->ignore_checksums = cJSON_IsTrue(checksums);
    o->memory_bytes = (uint64_t)memory->valuedouble;
    if (cJSON_IsString(f) && !(*filter = strdup(f->valuestring)))
        return false;
    o->filter = *filter;
    return true;
}

enum fb_status fb_run_params_read(const char *json, struct fb_ingest_opts *o, char **filter,
                                  struct fb_err *err)
{
    *filter = NULL;
    cJSON *root = cJSON_Parse(json);
    bool ok = root && read_all(root, o, filter);
    cJSON_Delete(root);
    return ok ? FB_OK : fb_err_set(err, FB_ERR_VERIFY, "the options that the case records cannot be read");
}
