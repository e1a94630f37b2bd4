#include "intel/json_doc.h"

#include "intel/packs/text_rows.h"

/* Looks at brackets outside of strings only; what is wrong otherwise, cJSON finds. */
static bool depth_ok(struct fb_span text)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > FB_JSON_DOC_DEPTH)
            return false;
        else if (!in_string && (c == ']' || c == '}') && depth)
            depth--;
    }
    return true;
}

enum fb_status fb_json_doc_parse(struct fb_span text, cJSON **out, struct fb_err *err)
{
    const char *end = NULL;
    if (!depth_ok(text))
        return fb_err_set(err, FB_ERR_INPUT, "the JSON document is nested deeper than %d", FB_JSON_DOC_DEPTH);
    *out = cJSON_ParseWithLengthOpts((const char *)text.p, text.n + 1, &end, 1);
    if (*out)
        return FB_OK;
    return fb_err_set(err, FB_ERR_INPUT, "no JSON document: wrong at byte %zu",
                      end ? (size_t)(end - (const char *)text.p) : 0);
}

struct fb_span fb_json_doc_text(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsString(v))
        return (struct fb_span){NULL, 0};
    return (struct fb_span){(const uint8_t *)v->valuestring, strlen(v->valuestring)};
}

bool fb_json_doc_uint(const cJSON *object, const char *key, uint64_t max, uint64_t *out)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    if (cJSON_IsString(v))
        return fb_span_u64(fb_json_doc_text(object, key), max, out);
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) || v->valuedouble > (double)max ||
        v->valuedouble >= 9007199254740992.0)
        return false;
    *out = (uint64_t)v->valuedouble;
    return (double)*out == v->valuedouble;
}
