// SPDX-License-Identifier: ISC
// parse(dump(x)) == x, over random specs and over random text.
#include <doctest/doctest.h>

#include "tests/config/random_spec.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

LoadOptions any_builtin() {
    LoadOptions how = options();
    how.builtins.clear();
    return how;
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("a dumped configuration is read back as the same: random specs") {
        RandomSpec random(20240229);
        for (unsigned round = 0; round < 200; ++round) {
            Configuration before;
            for (unsigned n = 0; n < 20; ++n)
                before.services.push_back(
                    std::make_shared<const ServiceSpec>(random.make(round * 20 + n)));
            if (random.chance(2)) {
                before.daemon.pid_file = "/run/a b.pid";
                before.daemon.graceful_shutdown_timeout = random.below(1000);
                before.daemon.upgrade_timeout = 1 + random.below(1000);
                before.daemon.log.kind = LogTarget::Kind::journal;
                before.daemon.cgroup = random.chance(2) ? "no" : "/sys/fs/cgroup/a b";
            }
            const std::string dumped = dump(before);
            const Reading after = read(dumped, any_builtin());
            CAPTURE(round);
            for (const auto& spec : before.services) {
                const ServiceSpec* same = after.find(spec->key());
                if (same && *same == *spec) continue;
                CAPTURE(spec->key());
                CAPTURE(after.said());
                CAPTURE(dumped);
                REQUIRE(same);
                REQUIRE(*same == *spec);
            }
            CHECK(after.configuration == before);
            CHECK(dump(after.configuration) == dumped);
            CHECK(after.diagnostics.errors() == 0);
        }
    }

    TEST_CASE("a dumped configuration is read back as the same: random text") {
        static constexpr std::string_view pieces[] = {"echo",
                                                      "8080",
                                                      "7001",
                                                      "127.0.0.1:",
                                                      "[::1]:",
                                                      "localhost,",
                                                      "*:",
                                                      "/run/s",
                                                      "@s",
                                                      " ",
                                                      "\t",
                                                      "\n",
                                                      "\n",
                                                      "\n ",
                                                      "\n\t",
                                                      "stream",
                                                      "dgram",
                                                      "seqpacket",
                                                      ",5",
                                                      "tcp",
                                                      "tcp6",
                                                      "tcp46",
                                                      "udp",
                                                      "unix",
                                                      ",sndbuf=8k",
                                                      "wait",
                                                      "nowait",
                                                      "prefork",
                                                      "worker",
                                                      "event",
                                                      "perchild",
                                                      ".40",
                                                      ":3",
                                                      "/10",
                                                      "/0",
                                                      "root",
                                                      "nobody",
                                                      ":adm",
                                                      ".adm",
                                                      "/daemon",
                                                      "internal",
                                                      "/bin/cat",
                                                      "cat",
                                                      "\"a b\"",
                                                      "'",
                                                      "#",
                                                      "\\",
                                                      " on ",
                                                      " off ",
                                                      "protocol=tcp",
                                                      ",",
                                                      ";",
                                                      "=",
                                                      "user=root",
                                                      "exec=/bin/cat",
                                                      "wait=no",
                                                      "\n[",
                                                      "]\n",
                                                      "echo/tcp",
                                                      "defaults",
                                                      "minetd",
                                                      "\ninstances = 3",
                                                      "\nenv += A=1",
                                                      "\nMaxClients 7",
                                                      "\nThreadsPerChild 70",
                                                      "\nServerLimit 9",
                                                      "\nMinSpareThreads 300",
                                                      "\nThreadLimit 80",
                                                      "\n<IfModule worker.c>",
                                                      "\n<IfModule !prefork.c>",
                                                      "\n</IfModule>",
                                                      "\nassign_user = ::1 adm",
                                                      "\naccept = yes",
                                                      "\nserver = internal",
                                                      "\nservice = 99",
                                                      "\nlog_on_success = PID",
                                                      "\xFF",
                                                      "\r\n",
                                                      "#@ x\n",
                                                      "tcpmux/+",
                                                      "100083/1-3",
                                                      "rpc/udp"};
        static constexpr std::string_view lines[] = {
            "echo stream tcp nowait nobody internal\n",
            "7001 stream tcp6 prefork root /bin/cat cat -n\n",
            "7002 stream tcp worker nobody internal echo\n",
            "[::1]:7003 stream tcp6 perchild nobody internal echo\n",
            "/run/s stream unix wait root /bin/cat\n"};
        RandomSpec random(19700101);
        unsigned accepted = 0;
        for (unsigned round = 0; round < 3000; ++round) {
            std::string text;
            for (unsigned n = random.below(3); n > 0; --n)
                text += lines[random.below(std::size(lines))];
            for (unsigned n = random.below(40); n > 0; --n)
                text += pieces[random.below(std::size(pieces))];
            const auto dialect = static_cast<Dialect>(
                random.below(static_cast<unsigned>(Dialect::inetd_busybox) + 1));
            Configuration before = read(text, options(dialect)).configuration;
            accepted += static_cast<unsigned>(before.services.size());
            before.broken.clear();
            before.fatal = false;
            const std::string dumped = dump(before);
            const Reading after = read(dumped);
            CAPTURE(text);
            CAPTURE(dumped);
            CAPTURE(after.said());
            REQUIRE(after.configuration == before);
            REQUIRE(after.diagnostics.errors() == 0);
        }
        CHECK(accepted > 1000);
    }
}
