# Normal use of a network for `len` seconds, as a description for fbfixture: lookups, web use, time, pings, mail, an
# SSH session throughout; from second `odd` on (0: never) one host sends a lot to a port that nobody else uses.
function rnd(n) { s = (s * 1103515245 + 12345) % 2147483648; return int(s / 65536) % n }
function tcp(from, to, port, hello, rounds, up, down, pause,   i) {
    printf "session tcp %s:%d > %s:%d\n  syn\n  synack\n  ack\n", from, 20000 + n % 40000, to, port
    if (hello) printf "  > client-hello host%d.example\n  < server-hello\n", rnd(40)
    for (i = 0; i < rounds; i++) {
        printf "  wait %dms\n  > %d bytes\n  wait %dms\n  < %d bytes\n", 20 + rnd(pause), up / 2 + rnd(up), 5 + rnd(60), down / 2 + rnd(down)
        printf "  > ack\n"
    }
    print "  fin\n  < fin\n  > ack\n  expect history=ShADadFf conn_state=SF"
}
BEGIN {
    s = seed
    for (i = 1; i <= 12; i++) printf "host c%d 10.0.0.%d\n", i, i
    for (i = 1; i <= 9; i++) printf "host s%d 198.51.100.%d\n", i, i
    print "host dns 10.0.0.53\nhost far 203.0.113.77"
    print "session tcp c1:50022 > s9:22\n  syn\n  synack\n  ack"
    for (i = 0; i < len / 4; i++) printf "  > %d bytes\n  wait %dms\n  < %d bytes\n  > ack\n  wait %dms\n", 30 + rnd(40), 20 + rnd(60), 30 + rnd(200), 3000 + rnd(1500)
    print "  expect history=ShADad conn_state=S1"
    for (at = 0; at < len; at += 0.1 + rnd(500) / 1000) {
        n++
        printf "time %.3f\n", 1700000000 + at
        c = "c" (1 + rnd(12)); k = rnd(100)
        if (k < 40) {
            printf "session udp %s:%d > dns:53\n  > dns-query host%d.example id %d\n  wait %dms\n  < dns-answer host%d.example 198.51.100.%d id %d\n  expect\n", c, 20000 + n % 40000, h = rnd(40), n % 60000, 1 + rnd(50), h, 1 + rnd(9), n % 60000
        } else if (k < 85) {
            tcp(c, "s" (1 + rnd(9)), 443, 1, 1 + rnd(6), 300, 6000, 400)
        } else if (k < 92) {
            tcp(c, "s" (1 + rnd(9)), 80, 0, 1 + rnd(3), 200, 4000, 300)
        } else if (k < 96) {
            printf "session udp %s:123 > s%d:123\n  > ntp 3\n  wait %dms\n  < ntp 4\n  expect\n", c, 1 + rnd(9), 10 + rnd(40)
        } else if (k < 98) {
            printf "session icmp %s > s%d\n  > echo 56 bytes\n  wait %dms\n  < reply 56 bytes\n  expect\n", c, 1 + rnd(9), 5 + rnd(30)
        } else {
            tcp(c, "s3", 993, 1, 2 + rnd(4), 150, 1500, 300)
        }
    }
    if (odd) {
        printf "time %d\nsession tcp c7:51515 > far:4444\n  syn\n  synack\n  ack\n", 1700000000 + odd
        for (i = 0; i < 60; i++) print "  > 60000 bytes\n  < ack\n  wait 500ms"
        print "  fin\n  < fin\n  > ack\n  expect history=ShADaFf conn_state=SF"
    }
}
