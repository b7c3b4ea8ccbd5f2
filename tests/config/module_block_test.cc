// SPDX-License-Identifier: ISC
#include "daemon/config/module_block.h"

#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("Apache's names of the MPMs") {
        struct {
            std::string_view module;
            std::optional<Serve> mpm;
        } const cases[] = {
            {"prefork.c", Serve::prefork},
            {"mpm_prefork_module", Serve::prefork},
            {"mpm_prefork.c", Serve::prefork},
            {"MPM_WORKER_MODULE", Serve::worker},
            {"worker.c", Serve::worker},
            {"event.c", Serve::event},
            {"perchild.c", Serve::perchild},
            {"mpm_netware.c", Serve::threads},
            {"mpm_winnt_module", Serve::threads},
            {"mpm_mpmt_os2_module", Serve::threads},
            {"threads", Serve::threads},
            {"mod_ssl.c", std::nullopt},
            {"nowait", std::nullopt},
            {".c", std::nullopt},
            {"", std::nullopt},
        };
        for (const auto& [module, mpm] : cases) {
            const auto& which = module;
            CAPTURE(which);
            CHECK(mpm_from(module) == mpm);
        }
    }

    TEST_CASE("which settings of blocks are taken, and what is said about the others") {
        struct {
            std::string mpm, section;
            unsigned start, warnings, errors;
            std::string says;
        } const cases[] = {
            {"prefork", "<IfModule prefork.c>\nStartServers 7\n</IfModule>\n", 7, 0, 0, ""},
            {"prefork", "  <ifmodule  prefork.c >  \n\tStartServers 7\n  </ifmodule>\n", 7, 0, 0,
             ""},
            {"worker", "<IfModule prefork.c>\nStartServers 7\n</IfModule>\n", 3, 1, 0,
             "3:1: warning: this service is served by worker: what is in blocks for others is "
             "skipped"},
            {"worker",
             "<IfModule prefork.c>\nStartServers 7\n</IfModule>\n<IfModule "
             "worker.c>\nStartServers 8\n</IfModule>\n",
             8, 0, 0, ""},
            {"worker", "<IfModule !prefork.c>\nStartServers 7\n</IfModule>\n", 7, 0, 0, ""},
            {"prefork", "<IfModule !prefork.c>\nStartServers 7\n</IfModule>\n", 5, 0, 0, ""},
            {"worker",
             "<IfModule !prefork.c>\n<IfModule !event.c>\nStartServers "
             "7\n</IfModule>\n</IfModule>\n",
             7, 0, 0, ""},
            {"event",
             "<IfModule !prefork.c>\n<IfModule !event.c>\nStartServers "
             "7\n</IfModule>\nMaxRequestWorkers 25\n</IfModule>\n",
             3, 0, 0, ""},
            {"event", "StartServers 7\n  <IfModule event.c>\n    StartServers 8\n  </IfModule>\n",
             8, 0, 0, ""},
            {"event", "<IfModule event.c>\nStartServers 8\n</IfModule>\nStartServers 7\n", 7, 0, 0,
             ""},
            // The MPM is the one that the whole section says.
            {"event", "<IfModule prefork.c>\nStartServers 8\n</IfModule>\nserve = prefork\n", 8, 0,
             0, ""},
            {"event", "<IfModule mod_ssl.c>\nSSLEngine on\n</IfModule>\n", 3, 1, 0,
             "there is no module mod_ssl.c: this block is skipped"},
            {"event", "<IfModule !mod_ssl.c>\nStartServers 7\n</IfModule>\n", 7, 0, 0, ""},
            {"event", "<IfModule event.c>\nStartServers 7\n", 0, 0, 1, "this block never ends"},
            {"event", "StartServers 7\n</IfModule>\n", 0, 0, 1, "no <IfModule> is open here"},
            {"event", "<IfModule>\nStartServers 7\n</IfModule>\n", 0, 0, 1,
             "this block does not name one module"},
            {"event", "<IfModule a b>\nStartServers 7\n</IfModule>\n", 0, 0, 1,
             "this block does not name one module"},
            {"event", "<IfDefine X>\nStartServers 7\n</IfDefine>\n", 0, 0, 2,
             "of httpd.conf's blocks only <IfModule> means something here"},
            {"event", "<IfModule event.c>\nnonsense 7\n</IfModule>\n", 0, 0, 1,
             "there is no attribute `nonsense`"},
            {"event",
             "<IfModule event.c>\nStartServers 7\n[other]\nuser = nobody\nserver = "
             "internal\n</IfModule>\n",
             0, 0, 3, "this block never ends"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.section);
            const Reading reading = read("7000 stream tcp " + one.mpm +
                                         " nobody internal echo\n[7000]\n" + one.section);
            CAPTURE(reading.said());
            CHECK(reading.warnings() == one.warnings);
            CHECK(reading.diagnostics.errors() == one.errors);
            CHECK(reading.said().find(one.says) != std::string::npos);
            if (one.errors > 0) {
                CHECK(reading.find("7000/tcp") == nullptr);
                continue;
            }
            REQUIRE(reading.only());
            CHECK(reading.only()->pool.start_servers == one.start);
        }
    }

    TEST_CASE("blocks in the defaults are for the services of their MPM") {
        const Reading reading = read(
            "7000 stream tcp prefork nobody internal echo\n7001 stream tcp worker nobody internal "
            "echo\n7002 stream tcp nowait nobody internal echo\n7003 stream tcp nowait nobody "
            "internal echo\n[defaults]\n<IfModule prefork.c>\nStartServers "
            "8\n</IfModule>\n<IfModule "
            "worker.c>\nStartServers 9\nnice = 4\n</IfModule>\n[7003]\nserve = worker\n");
        CHECK(reading.said() == "");
        REQUIRE(reading.configuration.services.size() == 4);
        CHECK(reading.find("7000/tcp")->pool.start_servers == 8);
        CHECK(reading.find("7000/tcp")->nice == 0);
        CHECK(reading.find("7001/tcp")->pool.start_servers == 9);
        CHECK(reading.find("7001/tcp")->nice == 4);
        CHECK(reading.find("7002/tcp")->nice == 0);
        CHECK(reading.find("7003/tcp")->pool.start_servers == 9);
        CHECK(reading.find("7003/tcp")->nice == 4);

        // What is wrong in them is told once, and breaks them for all.
        const Reading broken = read(
            "7000 stream tcp prefork nobody internal echo\n[defaults]\n<IfModule "
            "worker.c>\nStartServers x\nnonsense = 1\n</IfModule>\nnice = 99\n");
        CAPTURE(broken.said());
        CHECK(broken.configuration.fatal);
        CHECK(broken.diagnostics.errors() == 4);
    }

    TEST_CASE("blocks end, however deep they are") {
        std::string deep, ends;
        for (unsigned i = 0; i < 20'000; ++i)
            deep += "<IfModule event.c>\n", ends += "</IfModule>\n";
        const std::string line = "7000 stream tcp event nobody internal echo\n[7000]\n";
        for (const std::string& text : {line + deep, line + deep + ends, line + ends}) {
            const Reading reading = read(text + "nice = 3\n");
            CHECK(reading.diagnostics.failed());
            // After a thousand findings the file is given up as a whole.
            CHECK((reading.configuration.fatal || reading.configuration.services.empty()));
        }
    }
}
