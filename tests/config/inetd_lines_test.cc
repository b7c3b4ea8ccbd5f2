// SPDX-License-Identifier: ISC
// Field by field; whole files are in the corpus.
#include <doctest/doctest.h>

#include "daemon/config/fields.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("the first field") {
        struct {
            std::string field, protocol, key;
        } const cases[] = {
            {"8080", "tcp", "8080/tcp"},
            {"echo", "tcp", "echo/tcp"},
            {"*:8080", "tcp", "8080/tcp"},
            {"127.0.0.1:8080", "tcp", "127.0.0.1:8080/tcp"},
            {"127.0.0.1,::1:8080", "tcp", "127.0.0.1,[::1]:8080/tcp"},
            {"[::1]:8080", "tcp6", "[::1]:8080/tcp6"},
            {"::1:8080", "tcp6", "[::1]:8080/tcp6"},
            {":::echo", "tcp6", "[::]:echo/tcp6"},
            {"[fe80::1%lo]:8080", "tcp6", "[fe80::1%lo]:8080/tcp6"},
            {"host.example.org,192.0.2.1:echo", "tcp4", "host.example.org,192.0.2.1:echo/tcp4"},
            {"tcpmux/x", "tcp", "tcpmux/x/tcp"},
            {"tcpmux/+x", "tcp", "tcpmux/x/tcp"},
            {"/run/x", "unix", "/run/x"},
            {"@x", "unix", "@x"},
            {":root:adm:0600:/run/x", "unix", "/run/x"},
            {"/run/a:b", "unix", "/run/a:b"},
        };
        for (const auto& [field, protocol, key] : cases) {
            const auto& which = field;
            CAPTURE(which);
            const Reading reading =
                read(field + " stream " + protocol + " nowait nobody /bin/cat\n");
            CAPTURE(reading.said());
            REQUIRE(reading.only());
            CHECK(reading.only()->key() == key);
        }
        for (const char* wrong : {":80", "[::1]", "[::1:80", "1.2.3.4,:80", "a b:80", "1.2.3.4:",
                                  "tcpmux/", "tcpmux/+", "prog/1", "prog/", "/run/x", "70000"}) {
            CAPTURE(std::string(wrong));
            const Reading reading =
                read(std::string(wrong) + " stream tcp nowait nobody /bin/cat\n");
            CHECK(reading.diagnostics.errors() > 0);
            CHECK(reading.configuration.services.empty());
        }
    }

    TEST_CASE("the third field") {
        struct {
            std::string field, base;
            Family family;
        } const cases[] = {{"tcp", "tcp", Family::any},
                           {"tcp4", "tcp", Family::v4},
                           {"tcp6", "tcp", Family::v6},
                           {"tcp46", "tcp", Family::dual},
                           {"tcp64", "tcp", Family::dual},
                           {"tcp6only", "tcp", Family::v6},
                           {"udp", "udp", Family::any},
                           {"udp46", "udp", Family::dual},
                           {"unix", "unix", Family::unix_domain},
                           {"sctp6", "sctp", Family::v6},
                           {"ipv6-icmp", "ipv6-icmp", Family::any}};
        for (const auto& [field, base, family] : cases) {
            const auto& which = field;
            CAPTURE(which);
            const auto protocol = protocol_from(field);
            REQUIRE(protocol);
            CHECK(protocol->base == base);
            CHECK(protocol->family == family);
            if (field != "tcp64" && field != "tcp6only")
                CHECK(protocol_text(base, family) == field);
        }
        for (const char* wrong : {"", "4", "tcp5", "tcp466"}) CHECK_FALSE(protocol_from(wrong));
        CHECK(protocol_from("TCP")->base == "tcp");
        CHECK_THROWS_AS(protocol_from("ip"), BadValue);
    }

    TEST_CASE("the fourth field") {
        struct {
            std::string field, dumped;
        } const cases[] = {{"nowait", "nowait "},
                           {"nowait.40", "nowait.40 "},
                           {"nowait:40", "nowait.40 "},
                           {"wait/1", "wait/1 "},
                           {"nowait/10/30/2", "nowait/10/30/2 "},
                           {"nowait/0/30", "nowait/0/30 "},
                           {"nowait/0", "nowait "},
                           {"prefork.5/6", "prefork.5/6 "},
                           {"nowait.7/0/0/3", "nowait.7/0/0/3 "}};
        for (const auto& [field, dumped] : cases) {
            const auto& which = field;
            CAPTURE(which);
            const Reading reading = read("7000 stream tcp " + field + " nobody /bin/cat\n");
            CHECK(reading.diagnostics.all().empty());
            CHECK(dump(reading.configuration).find(" " + dumped) != std::string::npos);
        }
        const Reading queued = read("7000 stream tcp nowait/10/30/2 nobody /bin/cat\n");
        REQUIRE(queued.only());
        CHECK(queued.only()->limits.instances == 10U);
        CHECK(queued.only()->limits.ip_max == 30U);
        CHECK(queued.only()->limits.per_source == 2U);
        CHECK(queued.only()->limits.overflow == Overflow::queue);
        for (const char* wrong :
             {"nowait.", "nowait/", "nowait/1/", "nowait//1", "nowait.0", "wait/x", "nowait.4x",
              "nowait/1/2/3/4", "Yes", "wait,5", "nowait/-1", "event", "worker.5"}) {
            CAPTURE(std::string(wrong));
            CHECK(read("7000 stream tcp " + std::string(wrong) + " nobody /bin/cat\n")
                      .configuration.services.empty());
        }
    }

    TEST_CASE("the fifth field") {
        struct {
            std::string field, user, group, login_class;
        } const cases[] = {{"nobody", "nobody", "", ""},
                           {"nobody:adm", "nobody", "adm", ""},
                           {"nobody.adm", "nobody", "adm", ""},
                           {"nobody:adm/staff", "nobody", "adm", "staff"},
                           {"nobody/staff", "nobody", "", "staff"},
                           {"1000:1000", "1000", "1000", ""},
                           {"no.such:adm", "no.such", "adm", ""}};
        for (const auto& [field, user, group, login_class] : cases) {
            const auto& which = field;
            CAPTURE(which);
            const Reading reading = read("7000 stream tcp nowait " + field + " /bin/cat\n");
            REQUIRE(reading.only());
            CHECK(reading.only()->user == user);
            CHECK(reading.only()->group == group);
            CHECK(reading.only()->login_class == login_class);
        }
        const Reading dotted =
            read("7000 stream tcp nowait a.b /bin/cat\n", options(Dialect::inetd_freebsd));
        REQUIRE(dotted.only());
        CHECK(dotted.only()->user == "a.b");
    }

    TEST_CASE("program and arguments") {
        struct {
            std::string rest, builtin;
            std::vector<std::string> argv;
        } const cases[] = {{"/bin/cat", "", {"cat"}},
                           {"/bin/cat dog -n", "", {"dog", "-n"}},
                           {"/bin/cat '' -n", "", {"cat", "-n"}},
                           {"/bin/cat cat 'a b' \"c d\"", "", {"cat", "a b", "c d"}},
                           {"internal", "echo", {}},
                           {"internal http /srv/www x", "http", {"/srv/www", "x"}}};
        for (const auto& [rest, builtin, argv] : cases) {
            const auto& which = rest;
            CAPTURE(which);
            const Reading reading = read("echo stream tcp nowait nobody " + rest + "\n");
            REQUIRE(reading.only());
            CHECK(reading.only()->builtin == builtin);
            CHECK(reading.only()->server_args == argv);
        }
    }

    TEST_CASE("what tcp means where tcp6 stands beside it") {
        const std::string one = "7000 stream tcp nowait nobody /bin/cat\n",
                          other = "7000 stream tcp6 nowait nobody /bin/dog\n";
        CHECK(read(one).find("7000/tcp"));
        CHECK(read(one + other).find("7000/tcp4"));
        CHECK(read(other + one).find("7000/tcp4"));
        CHECK(read(one, options(Dialect::inetd_gnu)).find("7000/tcp4"));
        CHECK(read(one, options(Dialect::inetd_debian)).find("7000/tcp"));
        CHECK(read("127.0.0.1:" + one + other).find("127.0.0.1:7000/tcp"));
    }
}
