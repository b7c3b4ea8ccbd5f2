// SPDX-License-Identifier: ISC
// Attributes of minetd's own in the files of xinetd.
#include "daemon/config/xinetd_native.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "daemon/os/capabilities.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

std::string entry(const std::string& name, const std::string& port, const std::string& more) {
    return "service " + name + "\n{\ntype = UNLISTED\nport = " + port +
           "\nsocket_type = stream\nwait = no\nuser = nobody\nserver = /bin/cat\n" + more + "}\n";
}

Reading only(const std::string& settings) {
    return read(entry("one", "7001", settings));
}

constexpr const char* note = "is an attribute of minetd's own";

std::size_t notes(const std::string& said) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = said.find(note, at)) != said.npos; ++at) ++count;
    return count;
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("attributes of minetd's own in an entry of xinetd") {
        const struct {
            const char* settings;
            bool (*meant)(const ServiceSpec&);
        } cases[] = {
            {"rate = 3/m\n",
             [](const ServiceSpec& spec) {
                 // xinetd's usual cps would refuse everybody for it.
                 return spec.limits.rate && spec.limits.rate->count == 3 &&
                        spec.limits.rate->seconds == 60 && !spec.limits.cps;
             }},
            {"rate = 3/m\ncps = 5 6\n",
             [](const ServiceSpec& spec) {
                 return spec.limits.rate && spec.limits.cps == ConnectionsPerSecond{5, 6};
             }},
            {"RATE =3/m\n", [](const ServiceSpec& spec) { return spec.limits.rate.has_value(); }},
            {"source_prefix = 24 64\n",
             [](const ServiceSpec& spec) {
                 return spec.limits.source_prefix == SourcePrefix{.v4 = 24, .v6 = 64};
             }},
            {"stderr = log\nlog_type = SYSLOG daemon\n",
             [](const ServiceSpec& spec) {
                 return spec.standard_error.kind == StderrTarget::Kind::log;
             }},
            {"overflow = queue\ninstances = 3\n",
             [](const ServiceSpec& spec) { return spec.limits.queues(); }},
            {"capabilities = none\nno_new_privs = yes\nprivate_tmp = yes\n",
             [](const ServiceSpec& spec) {
                 return spec.sandbox.no_new_privs == true && spec.sandbox.private_tmp;
             }},
            {"bind = 192.0.2.1\nfreebind = yes\n",
             [](const ServiceSpec& spec) { return spec.freebind; }},
            {"log_format = json\n",
             [](const ServiceSpec& spec) { return spec.log_format == LogFormat::json; }},
            {"stderr = \"file:/var/log/a # b\" # a comment\n",
             [](const ServiceSpec& spec) { return spec.standard_error.path == "/var/log/a # b"; }},
            {"rlimit_core = 0\n", [](const ServiceSpec& spec) { return spec.rlimits.size() == 1; }},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.settings));
            const Reading reading = only(row.settings);
            CAPTURE(reading.said());
            REQUIRE(reading.only() != nullptr);
            CHECK(row.meant(*reading.only()));
            CHECK(notes(reading.said()) == 1);
            CHECK(reading.warnings() == 1);
            CHECK(reading.diagnostics.errors() == 0);
            CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
    }

    TEST_CASE("in defaults too, and it is told once for all") {
        const Reading reading =
            read("defaults\n{\nrate = 3/m\nstderr = null\n}\n" + entry("one", "7001", "") +
                 entry("two", "7002", "rate = 5/s\nidle_timeout = 9\n"));
        CAPTURE(reading.said());
        REQUIRE(reading.configuration.services.size() == 2);
        const ServiceSpec &one = *reading.configuration.services[0],
                          &two = *reading.configuration.services[1];
        CHECK(one.limits.rate->seconds == 60);
        CHECK(two.limits.rate->seconds == 1);
        CHECK_FALSE(one.limits.cps);
        CHECK(two.standard_error.kind == StderrTarget::Kind::null);
        CHECK(two.idle_timeout == 9);
        CHECK(notes(reading.said()) == 1);
        CHECK(reading.warnings() == 1);
    }

    TEST_CASE("standard error for a log that there is not") {
        const Reading reading = only("stderr = log\n");
        CAPTURE(reading.said());
        CHECK(reading.configuration.services.size() == 1);
        CHECK(reading.warnings() == 2);
        CHECK(reading.said().find("no log_type says where to") != std::string::npos);
    }

    TEST_CASE("a value that it does not take is an error, which says that xinetd passes over it") {
        for (const char* setting : {"rate = high\n", "stderr = \n", "capabilities = noen\n",
                                    "idle_timeout = 3 4\n", "mdns_name = \"open\n"}) {
            CAPTURE(std::string(setting));
            if (std::string_view(setting).starts_with("cap") && !capability::available()) {
                MESSAGE("SKIPPED: capabilities: without libcap-ng its names are unknown");
                continue;
            }
            const Reading reading = only(setting);
            CAPTURE(reading.said());
            CHECK(reading.configuration.services.empty());
            CHECK(reading.diagnostics.errors() == 1);
            CHECK((reading.said().find("xinetd ignores") != std::string::npos) ==
                  (std::string(setting).find('"') == std::string::npos));
        }
    }

    TEST_CASE("what xinetd has words for, where it listens and how it serves stays xinetd's") {
        // By its name or an alias of minetd.conf(5): ignored, as by xinetd, and nothing comes of
        // it.
        for (const char* setting : {"serve = prefork\n",
                                    "builtin = echo\n",
                                    "service = two\n",
                                    "name = two\n",
                                    "address = 127.0.0.1\n",
                                    "exec = /bin/dog\n",
                                    "args = x\n",
                                    "argv0 = x\n",
                                    "keepalive = yes\n",
                                    "nodelay = yes\n",
                                    "ident_only = yes\n",
                                    "intercept = yes\n",
                                    "session = no\n",
                                    "tcpmux = yes\n",
                                    "path = /x\n",
                                    "start_servers = 3\n",
                                    "MaxRequestWorkers = 3\n",
                                    "accept = yes\n",
                                    "rlimit_nofile = 3\n",
                                    "socket_mode = 600\n",
                                    "backlog = 3\n",
                                    "chrot = /\n"}) {
            CAPTURE(std::string(setting));
            const Reading reading = only(setting), without = only("");
            CAPTURE(reading.said());
            CHECK(reading.said().find("this line is ignored") != std::string::npos);
            CHECK(reading.warnings() == 1);
            CHECK(reading.configuration == without.configuration);
        }
        // xinetd's own meaning: an address, not a network interface.
        const Reading reading = only("interface = 127.0.0.1\n");
        REQUIRE(reading.only() != nullptr);
        CHECK(reading.only()->interface.empty());
        CHECK(reading.only()->bind == std::vector<std::string>{"127.0.0.1"});
        CHECK(reading.said().empty());
    }

    TEST_CASE("each of them can be said there as the dump of a native file says it") {
        const Reading unsaid = only("");
        REQUIRE(unsaid.only() != nullptr);
        for (const XinetdAttribute& own : native_attributes()) {
            const std::string value = find_service_attribute(own.name)->format(*unsaid.only());
            CAPTURE(std::string(own.name));
            CAPTURE(value);
            const Reading reading = only(std::string(own.name) + " = " + value + "\n");
            CAPTURE(reading.said());
            CHECK(reading.configuration == unsaid.configuration);
            CHECK(reading.diagnostics.errors() == 0);
        }
    }

    TEST_CASE("no attribute has two meanings") {
        std::set<std::string_view> known, natively;
        for (const XinetdAttribute& attribute : xinetd_attributes()) {
            known.insert(attribute.name);
            natively.insert(attribute.native);
        }
        for (const XinetdAttribute& own : native_attributes()) {
            CAPTURE(std::string(own.name));
            CHECK_FALSE(known.contains(own.name));
            CHECK_FALSE(natively.contains(own.name));
            CHECK(find_service_attribute(own.name)->name == own.name);
        }
        CHECK(native_attributes().size() > 30);
    }
}
