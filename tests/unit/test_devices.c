/* Which addresses and MACs are one device, and which are not. */
#include "intel/devices/devices.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S 1000000000LL

static struct fb_device_rules rules;
static struct fb_devices *d;

static struct fb_span text(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

static struct fb_addr addr(const char *s)
{
    struct fb_addr a;
    assert_true(fb_addr_parse(s, &a));
    return a;
}

static int start(void **state)
{
    static const struct fb_devices_opts o;
    (void)state;
    return fb_devices_new(&o, &d, NULL) == FB_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    fb_devices_free(d);
    return 0;
}

static struct fb_device_fact fact(enum fb_device_fact_kind kind, int t, const char *a, const char *mac)
{
    struct fb_device_fact f = {.kind = kind, .has_addr = a != NULL, .has_mac = mac != NULL};
    f.at = (struct fb_device_at){t * S, (uint64_t)t + 1, 0};
    if (a)
        f.addr = addr(a);
    if (mac)
        assert_true(fb_mac_parse(text(mac), f.mac));
    return f;
}

static void bind(enum fb_device_fact_kind kind, int t, const char *a, const char *mac)
{
    struct fb_device_fact f = fact(kind, t, a, mac);
    fb_devices_fact(d, &f);
}

static void client(int t, const char *mac, const char *id)
{
    struct fb_device_fact f = fact(FB_DEVICE_CLIENT, t, NULL, mac);
    f.text = text(id);
    fb_devices_fact(d, &f);
}

/* `sender` says by mDNS that `name` has the address `a`. */
static void named(int t, const char *sender, const char *name, const char *a)
{
    struct fb_device_fact f = fact(FB_DEVICE_SELF_NAME, t, a, NULL);
    f.sender = addr(sender);
    f.text = text(name);
    fb_devices_fact(d, &f);
}

static void say(enum fb_device_item_kind item, const char *a, const char *mac, const char *what)
{
    struct fb_device_fact f = fact(FB_DEVICE_SAID, 1, a, mac);
    f.item = item;
    f.text = text(what);
    fb_devices_fact(d, &f);
}

static void session(int t, const char *o, const char *omac, const char *r, const char *rmac, bool answered)
{
    struct fb_device_session s = {.at = {t * S, (uint64_t)t + 1, (uint64_t)t + 1},
                                  .end_ns = t * S,
                                  .resp_p = 443,
                                  .ip_proto = 6,
                                  .orig_ttl = 64,
                                  .resp_ttl = 57,
                                  .orig_bytes = 100,
                                  .answered = answered,
                                  .open = answered,
                                  .service = "ssl"};
    s.orig_h = addr(o);
    s.resp_h = addr(r);
    s.resp_bytes = answered ? 1000 : 0;
    s.has_macs = omac != NULL;
    if (omac)
        assert_true(fb_mac_parse(text(omac), s.orig_mac) && fb_mac_parse(text(rmac), s.resp_mac));
    fb_devices_session(d, &s);
}

static void finish(void)
{
    assert_int_equal(fb_devices_finish(d, NULL, &rules, NULL), FB_OK);
}

/* The device that had the address at the time. */
static const struct fb_device *at(const char *a, int t)
{
    struct fb_addr want = addr(a);
    for (size_t i = 0; i < fb_devices_count(d); i++) {
        const struct fb_device *v = fb_devices_at(d, i);
        for (size_t k = 0; k < v->naddrs; k++)
            if (fb_addr_eq(&v->addrs[k].addr, &want) && v->addrs[k].since_ns <= t * S &&
                t * S < v->addrs[k].until_ns)
                return v;
    }
    return NULL;
}

static bool one(const char *a, const char *b)
{
    assert_non_null(at(a, 0));
    assert_non_null(at(b, 0));
    return at(a, 0) == at(b, 0);
}

static enum fb_device_why why(const char *a)
{
    const struct fb_device *v = at(a, 0);
    struct fb_addr want = addr(a);
    for (size_t k = 0; k < v->naddrs; k++)
        if (fb_addr_eq(&v->addrs[k].addr, &want))
            return v->addrs[k].why;
    fail();
    return FB_DEVICE_WHY_ALONE;
}

#define M1      "00:11:22:33:44:01"
#define M2      "00:11:22:33:44:02"
#define ROUTER  "00:11:22:33:44:fe"
#define PRIVATE "02:11:22:33:44:03"

static void addresses_that_arp_and_ndp_tie_to_one_mac_are_one_device(void **state)
{
    (void)state;
    bind(FB_DEVICE_ARP, 0, "192.168.1.2", M1);
    bind(FB_DEVICE_NDP, 1, "2001:db8::2", M1);
    bind(FB_DEVICE_LEASE, 2, "192.168.1.3", M1);
    bind(FB_DEVICE_ARP, 3, "192.168.1.4", M2);
    finish();
    assert_true(one("192.168.1.2", "2001:db8::2"));
    assert_true(one("192.168.1.2", "192.168.1.3"));
    assert_false(one("192.168.1.2", "192.168.1.4"));
    assert_int_equal(why("192.168.1.2"), FB_DEVICE_WHY_ARP);
    assert_int_equal(why("2001:db8::2"), FB_DEVICE_WHY_NDP);
    assert_int_equal(why("192.168.1.3"), FB_DEVICE_WHY_LEASE);
}

static void group_and_zero_macs_tie_nothing(void **state)
{
    (void)state;
    static const char *const macs[] = {"ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00"};
    for (int i = 0; i < 3; i++) {
        say(FB_DI_NAME, "192.168.1.2", NULL, "a");
        say(FB_DI_NAME, "192.168.1.3", NULL, "b");
        bind(FB_DEVICE_ARP, 2 * i, "192.168.1.2", macs[i]);
        bind(FB_DEVICE_ARP, 2 * i + 1, "192.168.1.3", macs[i]);
    }
    finish();
    assert_false(one("192.168.1.2", "192.168.1.3"));
}

static void a_mac_that_answers_for_many_addresses_ties_none_of_them(void **state)
{
    (void)state;
    for (int i = 0; i <= FB_DEVICE_PROXY_ADDRS; i++) {
        char a[32];
        snprintf(a, sizeof a, "192.168.1.%d", i + 1);
        bind(FB_DEVICE_ARP, i, a, M1);
    }
    finish();
    assert_false(one("192.168.1.1", "192.168.1.2"));
    assert_int_equal(fb_devices_shed(d).vetoed, FB_DEVICE_PROXY_ADDRS + 1);
}

static void a_mac_with_as_many_addresses_as_a_host_may_have_ties_them(void **state)
{
    (void)state;
    for (int i = 0; i < FB_DEVICE_PROXY_ADDRS; i++) {
        char a[32];
        snprintf(a, sizeof a, "192.168.1.%d", i + 1);
        bind(FB_DEVICE_ARP, i, a, M1);
    }
    finish();
    assert_true(one("192.168.1.1", "192.168.1.16"));
}

static void an_address_that_goes_to_another_mac_is_two_devices_in_turn(void **state)
{
    (void)state;
    bind(FB_DEVICE_LEASE, 0, "192.168.1.9", M1);
    bind(FB_DEVICE_LEASE, 100, "192.168.1.9", M2);
    session(50, "192.168.1.9", NULL, "198.51.100.1", NULL, true);
    session(150, "192.168.1.9", NULL, "198.51.100.1", NULL, true);
    session(160, "192.168.1.9", NULL, "198.51.100.1", NULL, true);
    finish();
    assert_ptr_not_equal(at("192.168.1.9", 99), at("192.168.1.9", 100));
    assert_int_equal(at("192.168.1.9", 99)->opened, 1);
    assert_int_equal(at("192.168.1.9", 100)->opened, 2);
    assert_int_equal(at("192.168.1.9", 100)->macs[0].mac[5], 2);
}

static void an_address_that_stays_with_its_mac_is_one_device(void **state)
{
    (void)state;
    bind(FB_DEVICE_LEASE, 0, "192.168.1.9", M1);
    bind(FB_DEVICE_ARP, 100, "192.168.1.9", M1);
    finish();
    assert_int_equal(fb_devices_count(d), 1);
    assert_int_equal(fb_devices_at(d, 0)->naddrs, 1);
}

static void changes_of_mac_beyond_the_table_are_counted(void **state)
{
    (void)state;
    for (int i = 0; i < FB_DEVICE_TENURES_MAX + 5; i++)
        bind(FB_DEVICE_ARP, i, "192.168.1.9", i % 2 ? M1 : M2);
    finish();
    assert_int_equal(fb_devices_shed(d).tenures, 3); /* the others fit the last MAC */
}

static void frames_tie_a_local_address_to_its_mac(void **state)
{
    (void)state;
    session(0, "192.168.1.2", M1, "192.168.1.3", M2, true);
    session(1, "fe80::2", M1, "fe80::3", M2, true);
    finish();
    assert_true(one("192.168.1.2", "fe80::2"));
    assert_true(one("192.168.1.3", "fe80::3"));
    assert_false(one("192.168.1.2", "192.168.1.3"));
    assert_int_equal(why("192.168.1.2"), FB_DEVICE_WHY_FRAME);
}

static void frames_tie_nothing_to_the_mac_of_a_router(void **state)
{
    (void)state;
    session(0, "192.168.1.2", M1, "198.51.100.1", ROUTER, true);
    session(1, "192.168.1.2", M1, "198.51.100.2", ROUTER, true);
    session(2, "192.168.1.2", M1, "198.51.100.3", ROUTER, true);
    session(3, "192.168.1.2", M1, "10.9.9.9", ROUTER, true);
    finish();
    assert_false(one("198.51.100.1", "198.51.100.2"));
    assert_int_equal(at("198.51.100.1", 0)->nmacs, 0);
    assert_int_equal(at("10.9.9.9", 0)->nmacs, 0);
    assert_int_equal(at("192.168.1.2", 0)->nmacs, 1);
    assert_false(at("198.51.100.1", 0)->local);
    unsigned routers = 0;
    for (size_t i = 0; i < fb_devices_count(d); i++)
        routers += (fb_devices_at(d, i)->roles & FB_ROLE_ROUTER) != 0;
    assert_int_equal(routers, 1);
}

static void a_mac_in_front_of_two_remote_addresses_is_no_router_yet(void **state)
{
    (void)state;
    session(0, "192.168.1.2", M1, "198.51.100.1", M2, true);
    session(1, "192.168.1.2", M1, "198.51.100.2", M2, true);
    session(2, "192.168.1.2", M1, "192.168.1.1", M2, true);
    finish();
    assert_int_equal(at("192.168.1.1", 0)->nmacs, 1);
    assert_false(at("192.168.1.1", 0)->roles & FB_ROLE_ROUTER);
    assert_false(one("198.51.100.1", "198.51.100.2"));
}

static void frames_with_several_macs_tie_nothing(void **state)
{
    (void)state;
    session(0, "192.168.1.2", M1, "192.168.1.3", M2, true);
    session(1, "192.168.1.2", "00:11:22:33:44:09", "192.168.1.3", M2, true);
    finish();
    assert_int_equal(at("192.168.1.2", 0)->nmacs, 0);
    assert_int_equal(at("192.168.1.3", 0)->nmacs, 1);
}

static void an_address_made_of_a_mac_belongs_to_it(void **state)
{
    (void)state;
    bind(FB_DEVICE_ARP, 0, "192.168.1.2", M1);
    say(FB_DI_NAME, "fe80::211:22ff:fe33:4401", NULL, "a");
    say(FB_DI_NAME, "fe80::211:22ff:fe33:4402", NULL, "b");
    finish();
    assert_true(one("192.168.1.2", "fe80::211:22ff:fe33:4401"));
    assert_false(one("192.168.1.2", "fe80::211:22ff:fe33:4402"));
    assert_int_equal(why("fe80::211:22ff:fe33:4401"), FB_DEVICE_WHY_EUI64);
}

static void one_dhcp_client_on_two_macs_is_one_device(void **state)
{
    (void)state;
    bind(FB_DEVICE_ARP, 0, "192.168.1.2", M1);
    bind(FB_DEVICE_ARP, 0, "192.168.1.3", M2);
    bind(FB_DEVICE_ARP, 0, "192.168.1.4", "00:11:22:33:44:05");
    client(1, M1, "identifier-1");
    client(1, M2, "identifier-1");
    client(1, "00:11:22:33:44:05", "identifier-2");
    finish();
    assert_true(one("192.168.1.2", "192.168.1.3"));
    assert_false(one("192.168.1.2", "192.168.1.4"));
}

static void a_lease_to_a_known_client_joins_its_address(void **state)
{
    (void)state;
    client(0, M1, "identifier-1");
    struct fb_device_fact f = fact(FB_DEVICE_LEASE, 1, "2001:db8::7", NULL);
    f.text = text("identifier-1");
    fb_devices_fact(d, &f);
    bind(FB_DEVICE_ARP, 2, "192.168.1.2", M1);
    finish();
    assert_true(one("192.168.1.2", "2001:db8::7"));
    assert_int_equal(why("2001:db8::7"), FB_DEVICE_WHY_LEASE);
}

static void a_private_mac_is_never_joined_to_another_mac(void **state)
{
    (void)state;
    bind(FB_DEVICE_ARP, 0, "192.168.1.2", M1);
    bind(FB_DEVICE_ARP, 0, "192.168.1.3", PRIVATE);
    bind(FB_DEVICE_NDP, 0, "fe80::3", PRIVATE);
    client(1, M1, "identifier-1");
    client(1, PRIVATE, "identifier-1");
    finish();
    assert_false(one("192.168.1.2", "192.168.1.3"));
    assert_true(one("192.168.1.3", "fe80::3"));
    assert_true(at("192.168.1.3", 0)->macs[0].is_private);
    assert_int_equal(fb_devices_shed(d).vetoed, 1);
}

static void one_mdns_name_joins_the_two_families(void **state)
{
    (void)state;
    named(0, "192.168.1.2", "pad.local", "192.168.1.2");
    named(1, "fe80::2", "PAD.local", "fe80::2");
    named(2, "fe80::3", "other.local", "fe80::3");
    finish();
    assert_true(one("192.168.1.2", "fe80::2"));
    assert_false(one("192.168.1.2", "fe80::3"));
    assert_int_equal(why("fe80::2"), FB_DEVICE_WHY_MDNS);
}

static void who_calls_itself_by_a_name_may_name_its_other_addresses(void **state)
{
    (void)state;
    named(0, "192.168.1.2", "pad.local", "192.168.1.2");
    named(0, "192.168.1.2", "pad.local", "fd00::2");
    named(0, "192.168.1.2", "pad.local", "198.51.100.7");   /* nothing says that it is local */
    named(1, "192.168.1.5", "victim.local", "192.168.1.6"); /* speaks of another only */
    named(1, "192.168.1.5", "me.local", "192.168.1.5");
    finish();
    assert_true(one("192.168.1.2", "fd00::2"));
    assert_false(one("192.168.1.2", "198.51.100.7"));
    assert_false(one("192.168.1.5", "192.168.1.6"));
}

static void one_mdns_name_joins_neither_two_macs_nor_two_ipv4_hosts(void **state)
{
    (void)state;
    bind(FB_DEVICE_ARP, 0, "192.168.1.2", M1);
    bind(FB_DEVICE_ARP, 0, "192.168.1.3", M2);
    named(1, "192.168.1.2", "pi.local", "192.168.1.2");
    named(2, "192.168.1.3", "pi.local", "192.168.1.3");
    named(3, "192.168.1.4", "pi.local", "192.168.1.4");
    finish();
    assert_false(one("192.168.1.2", "192.168.1.3"));
    assert_false(one("192.168.1.2", "192.168.1.4"));
}

static void the_evidence_says_which_networks_are_local(void **state)
{
    (void)state;
    bind(FB_DEVICE_ARP, 0, "198.51.100.1", M1);
    bind(FB_DEVICE_ARP, 0, "198.51.100.6", M2);
    struct fb_device_fact f = fact(FB_DEVICE_PREFIX, 0, NULL, NULL);
    f.text = text("2a00:1:2:3::/64");
    fb_devices_fact(d, &f);
    session(1, "198.51.100.6", NULL, "198.51.100.200", NULL, true);
    session(2, "2a00:1:2:3::9", NULL, "2a00:1:2:4::9", NULL, true);
    session(3, "10.1.1.1", NULL, "8.8.8.8", NULL, true);
    finish();
    assert_true(at("198.51.100.1", 0)->local);
    assert_false(at("198.51.100.200", 0)->local);
    assert_true(at("2a00:1:2:3::9", 2)->local);
    assert_false(at("2a00:1:2:4::9", 2)->local);
    assert_true(at("10.1.1.1", 3)->local);
    assert_false(at("8.8.8.8", 3)->local);
    struct fb_device_net n;
    char r[FB_LIST_RANGE_STRLEN];
    assert_true(fb_devices_net(d, 0, &n));
    fb_list_range_format(&n.range, r);
    assert_string_equal(r, "198.51.100.0/29");
    assert_string_equal(n.why, "ARP");
    assert_int_equal(n.addrs, 2);
    assert_true(fb_devices_net(d, 2, &n));
    assert_string_equal(n.why, "private range");
    assert_false(fb_devices_net(d, 3, &n));
}

static void net(enum fb_device_fact_kind kind, const char *network)
{
    struct fb_device_fact f = fact(kind, 1, NULL, NULL);
    f.text = text(network);
    fb_devices_fact(d, &f);
}

static void a_lease_says_how_large_the_network_is(void **state)
{
    (void)state;
    struct fb_device_net n;
    char r[FB_LIST_RANGE_STRLEN];
    bind(FB_DEVICE_ARP, 1, "198.51.100.5", "00:11:22:33:44:05"); /* the smallest around: itself */
    net(FB_DEVICE_SUBNET, "198.51.100.5/25");
    net(FB_DEVICE_SUBNET, "10.0.0.0/4");      /* too large to be a network */
    net(FB_DEVICE_SUBNET, "203.0.113.1/32");  /* no network */
    net(FB_DEVICE_SUBNET, "2001:db8:9::/64"); /* DHCPv6 has no masks */
    net(FB_DEVICE_SUBNET, "nonsense");
    session(2, "198.51.100.9", NULL, "198.51.100.200", NULL, true);
    session(2, "203.0.113.1", NULL, "203.0.113.2", NULL, true);
    session(2, "2001:db8:9::1", NULL, "2001:db8:9::2", NULL, true);
    finish();
    assert_true(fb_devices_net(d, 0, &n));
    fb_list_range_format(&n.range, r);
    assert_string_equal(r, "198.51.100.0/25");
    assert_string_equal(n.why, "DHCP lease");
    assert_int_equal(n.addrs, 2);
    assert_false(fb_devices_net(d, 1, &n));
}

static void the_interface_that_captured_is_known_as_such(void **state)
{
    (void)state;
    struct fb_device_fact f = fact(FB_DEVICE_SELF, 0, "198.51.100.5", "00:11:22:33:44:05");
    struct fb_device_net n;
    f.text = text("eth0");
    f.detail = text("198.51.100.5/26");
    f.at.ordinal = FB_DEVICE_NO_PACKET;
    fb_devices_fact(d, &f);
    session(2, "198.51.100.5", "00:11:22:33:44:05", "198.51.100.9", "00:11:22:33:44:09", true);
    finish();
    const struct fb_device *v = fb_devices_at(d, 0);
    for (size_t i = 1; i < fb_devices_count(d) && !(v->roles & FB_ROLE_SELF); i++)
        v = fb_devices_at(d, i);
    assert_int_equal(v->roles, FB_ROLE_SELF | FB_ROLE_CLIENT);
    assert_int_equal(v->naddrs, 1);
    assert_int_equal(v->nmacs, 1);
    assert_int_equal(v->addrs[0].why, FB_DEVICE_WHY_IFACE);
    assert_true(v->addrs[0].at.ordinal == FB_DEVICE_NO_PACKET);
    assert_true(fb_devices_net(d, 0, &n));
    assert_string_equal(n.why, "interface that captured");
    assert_int_equal(n.addrs, 2);
}

static void networks_that_are_given_are_the_only_local_ones(void **state)
{
    (void)state;
    struct fb_list_range r;
    const char *reason;
    fb_devices_free(d);
    assert_true(fb_list_range_parse("198.51.100.0/24", 15, &r, &reason));
    struct fb_devices_opts o = {.local = &r, .nlocal = 1};
    assert_int_equal(fb_devices_new(&o, &d, NULL), FB_OK);
    bind(FB_DEVICE_ARP, 0, "192.168.1.1", M1);
    session(1, "198.51.100.6", NULL, "10.0.0.1", NULL, true);
    finish();
    assert_true(at("198.51.100.6", 1)->local);
    assert_false(at("10.0.0.1", 1)->local);
    assert_false(at("192.168.1.1", 1)->local);
}

static void tables_that_are_full_count_what_they_leave_out(void **state)
{
    (void)state;
    fb_devices_free(d);
    struct fb_devices_opts o = {.nodes_max = 4, .items_max = 2};
    assert_int_equal(fb_devices_new(&o, &d, NULL), FB_OK);
    for (int i = 1; i <= 6; i++) {
        char a[32], name[32];
        snprintf(a, sizeof a, "10.0.0.%d", i);
        snprintf(name, sizeof name, "name-%d", i);
        say(FB_DI_NAME, a, NULL, name);
    }
    finish();
    assert_int_equal(fb_devices_count(d), 4);
    assert_int_equal(fb_devices_shed(d).nodes, 2);
    assert_int_equal(fb_devices_shed(d).items, 2);
}

static void who_never_sent_a_packet_is_no_device(void **state)
{
    (void)state;
    session(0, "10.0.0.1", NULL, "10.0.0.2", NULL, false);
    session(1, "10.0.0.1", NULL, "255.255.255.255", NULL, false);
    session(2, "10.0.0.1", NULL, "224.0.0.251", NULL, false);
    finish();
    assert_int_equal(fb_devices_count(d), 1);
    assert_int_equal(fb_devices_shed(d).silent, 3);
}

static void roles_come_with_what_was_seen(void **state)
{
    (void)state;
    bind(FB_DEVICE_NDP, 0, "fe80::1", ROUTER);
    struct fb_device_fact f = fact(FB_DEVICE_ROUTES, 0, "fe80::1", NULL);
    f.text = text("sent a router advertisement");
    fb_devices_fact(d, &f);
    f = fact(FB_DEVICE_RESOLVES, 0, "10.0.0.53", NULL);
    fb_devices_fact(d, &f);
    session(1, "10.0.0.1", NULL, "10.0.0.80", NULL, true);
    finish();
    assert_int_equal(at("fe80::1", 0)->roles, FB_ROLE_ROUTER);
    assert_int_equal(at("10.0.0.53", 0)->roles, FB_ROLE_RESOLVER);
    assert_int_equal(at("10.0.0.1", 0)->roles, FB_ROLE_CLIENT);
    assert_int_equal(at("10.0.0.80", 0)->roles, FB_ROLE_SERVER);
    const struct fb_device_item *it = &at("10.0.0.80", 0)->items[0];
    assert_int_equal(it->kind, FB_DI_PORT);
    assert_memory_equal(it->text.p, "tcp/443", 7);
    assert_memory_equal(it->detail.p, "ssl", 3);
    assert_int_equal(it->first.number, 2);
}

static void the_first_rule_that_fits_wins_and_is_named(void **state)
{
    (void)state;
    struct fb_device_rules own;
    assert_int_equal(
        fb_device_rules_read("x",
                             text("# a\nos Linux: user_agent=*linux*\nos Other: user_agent=*\n"
                                  "type thing: os=linux & port=tcp/1\n"
                                  "type phone: os=linux & user_agent=mo?illa*\ntype last: local=*\n"),
                             &own, NULL),
        FB_OK);
    say(FB_DI_USER_AGENT, "10.0.0.1", NULL, "Mozilla/5.0 (X11; Linux)");
    say(FB_DI_USER_AGENT, "10.0.0.2", NULL, "curl");
    assert_int_equal(fb_devices_finish(d, NULL, &own, NULL), FB_OK);
    assert_int_equal(at("10.0.0.1", 1)->os.rule->line, 2);
    assert_int_equal(at("10.0.0.1", 1)->type.rule->line, 5);
    assert_ptr_equal(at("10.0.0.1", 1)->os.proof, &at("10.0.0.1", 1)->items[0]);
    assert_int_equal(at("10.0.0.2", 1)->os.rule->line, 3);
    assert_int_equal(at("10.0.0.2", 1)->type.rule->line, 6);
    fb_device_rules_release(&own);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(addresses_that_arp_and_ndp_tie_to_one_mac_are_one_device),
        CASE(group_and_zero_macs_tie_nothing),
        CASE(a_mac_that_answers_for_many_addresses_ties_none_of_them),
        CASE(a_mac_with_as_many_addresses_as_a_host_may_have_ties_them),
        CASE(an_address_that_goes_to_another_mac_is_two_devices_in_turn),
        CASE(an_address_that_stays_with_its_mac_is_one_device),
        CASE(changes_of_mac_beyond_the_table_are_counted),
        CASE(frames_tie_a_local_address_to_its_mac),
        CASE(frames_tie_nothing_to_the_mac_of_a_router),
        CASE(a_mac_in_front_of_two_remote_addresses_is_no_router_yet),
        CASE(frames_with_several_macs_tie_nothing),
        CASE(an_address_made_of_a_mac_belongs_to_it),
        CASE(one_dhcp_client_on_two_macs_is_one_device),
        CASE(a_lease_to_a_known_client_joins_its_address),
        CASE(a_private_mac_is_never_joined_to_another_mac),
        CASE(one_mdns_name_joins_the_two_families),
        CASE(who_calls_itself_by_a_name_may_name_its_other_addresses),
        CASE(one_mdns_name_joins_neither_two_macs_nor_two_ipv4_hosts),
        CASE(the_evidence_says_which_networks_are_local),
        CASE(a_lease_says_how_large_the_network_is),
        CASE(the_interface_that_captured_is_known_as_such),
        CASE(networks_that_are_given_are_the_only_local_ones),
        CASE(tables_that_are_full_count_what_they_leave_out),
        CASE(who_never_sent_a_packet_is_no_device),
        CASE(roles_come_with_what_was_seen),
        CASE(the_first_rule_that_fits_wins_and_is_named),
    };
    if (fb_device_rules_builtin(&rules, NULL) != FB_OK)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fb_device_rules_release(&rules);
    return failed;
}
