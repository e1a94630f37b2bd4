/* What rules say of a device: the first rule that fits wins. */
#include "intel/devices/device_table.h"

/* Whether some item of the kind fits; *proof is the first that does. */
static bool item_fits(const struct fb_device *dev, const struct fb_device_condition *c,
                      const struct fb_device_item **proof)
{
    for (size_t i = 0; i < dev->nitems; i++) {
        if ((int)dev->items[i].kind != c->field || !fb_device_glob(c->pattern, dev->items[i].text))
            continue;
        *proof = &dev->items[i];
        return true;
    }
    return false;
}

static bool role_fits(const struct fb_device *dev, const struct fb_device_condition *c,
                      const struct fb_device_item **proof)
{
    return item_fits(dev, c, proof) ||
           ((dev->roles & FB_ROLE_SERVER) && fb_device_glob(c->pattern, fb_dev_text("server"))) ||
           ((dev->roles & FB_ROLE_CLIENT) && fb_device_glob(c->pattern, fb_dev_text("client")));
}

static bool mac_fits(const struct fb_device *dev, const struct fb_device_condition *c)
{
    for (size_t i = 0; i < dev->nmacs; i++)
        if (fb_device_glob(c->pattern, fb_dev_text(dev->macs[i].is_private ? "private" : "global")))
            return true;
    return dev->nmacs == 0 && fb_device_glob(c->pattern, fb_dev_text("none"));
}

static bool vendor_fits(const struct fb_device *dev, const struct fb_device_condition *c)
{
    for (size_t i = 0; i < dev->nmacs; i++)
        if (dev->macs[i].vendor.n && fb_device_glob(c->pattern, dev->macs[i].vendor))
            return true;
    return false;
}

static bool fits(const struct fb_device *dev, const struct fb_device_condition *c,
                 const struct fb_device_item **proof)
{
    switch (c->field) {
    case FB_DEVICE_FIELD_VENDOR:
        return vendor_fits(dev, c);
    case FB_DEVICE_FIELD_MAC:
        return mac_fits(dev, c);
    case FB_DEVICE_FIELD_LOCAL:
        return fb_device_glob(c->pattern, fb_dev_text(dev->local ? "yes" : "no"));
    case FB_DEVICE_FIELD_OS:
        return dev->os.rule && fb_device_glob(c->pattern, dev->os.rule->result);
    case FB_DI_ROLE:
        return role_fits(dev, c, proof);
    default:
        return item_fits(dev, c, proof);
    }
}

static struct fb_device_guess first_fit(const struct fb_device *dev, const struct fb_device_rules *rules,
                                        bool is_type)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct fb_device_rule *r = &rules->rule[i];
        const struct fb_device_item *proof = NULL, *more = NULL; /* more: goes unused */
        size_t k = 0;
        if (r->is_type != is_type)
            continue;
        for (; k < r->ncond && fits(dev, &r->cond[k], proof ? &more : &proof); k++)
            ;
        if (k == r->ncond)
            return (struct fb_device_guess){r, proof};
    }
    return (struct fb_device_guess){0};
}

void fb_dev_judge(struct fb_device *dev, const struct fb_device_rules *rules)
{
    dev->os = first_fit(dev, rules, false);
    dev->type = first_fit(dev, rules, true);
}
