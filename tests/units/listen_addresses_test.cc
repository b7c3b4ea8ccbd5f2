// SPDX-License-Identifier: ISC
#include "daemon/units/listen_addresses.h"

#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("units") {
    TEST_CASE("where a line listens") {
        const struct {
            const char* line;
            const char* lines;  ///< ListenX lines and BindIPv6Only=
        } rows[] = {
            {"79 stream tcp nowait root /bin/x",
             "ListenStream=0.0.0.0:79\nListenStream=[::]:79\nBindIPv6Only=ipv6-only\n"},
            {"79 stream tcp4 nowait root /bin/x", "ListenStream=0.0.0.0:79\n"},
            {"79 stream tcp6 nowait root /bin/x", "ListenStream=[::]:79\nBindIPv6Only=ipv6-only\n"},
            {"79 stream tcp46 nowait root /bin/x", "ListenStream=[::]:79\nBindIPv6Only=both\n"},
            {"127.0.0.1:79 stream tcp nowait root /bin/x", "ListenStream=127.0.0.1:79\n"},
            {"[fe80::1%eth0]:79 stream tcp6 nowait root /bin/x",
             "ListenStream=[fe80::1]:79%%eth0\nBindIPv6Only=ipv6-only\n"},
            {"69 dgram udp4 wait root /bin/x", "ListenDatagram=0.0.0.0:69\n"},
            {"/run/x%y stream unix nowait root /bin/x",
             "ListenStream=/run/x%%y\nSocketMode=0666\nRemoveOnStop=yes\n"},
            {":daemon:adm:0640:/run/x stream unix nowait root /bin/x",
             "ListenStream=/run/x\nSocketMode=0640\nSocketUser=daemon\nSocketGroup=adm\n"
             "RemoveOnStop=yes\n"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.line);
            const Reading reading = read(row.line);
            REQUIRE_MESSAGE(reading.only() != nullptr, reading.said());
            const ListenAddresses found = listen_addresses(*reading.only(), true);
            CHECK(found.problem == "");
            UnitFile unit("x.socket");
            write_socket_options(*reading.only(), found, unit);
            std::string text = unit.text();
            if (const std::size_t at = text.find("Backlog=511\n"); at != text.npos)
                text.erase(at, 12);
            CHECK(text == "[Socket]\n" + std::string(row.lines));
        }
    }
    TEST_CASE("a host without IPv6 has the other half") {
        const Reading any = read("79 stream tcp nowait root /bin/x");
        CHECK(listen_addresses(*any.only(), false).values ==
              std::vector<std::string>{"0.0.0.0:79"});
        const Reading dual = read("79 stream tcp46 nowait root /bin/x");
        CHECK(listen_addresses(*dual.only(), false).values ==
              std::vector<std::string>{"0.0.0.0:79"});
    }
    TEST_CASE("what systemd cannot listen on") {
        const struct {
            const char *line, *says;
        } rows[] = {
            {"localhost:79 stream tcp nowait root /bin/x", "not the name localhost"},
            {"79 seqpacket sctp nowait root /bin/x", "seqpacket"},
            {"100002/1 dgram rpc/udp wait root /bin/x", "rpcbind"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.line);
            const Reading reading = read(row.line);
            REQUIRE_MESSAGE(reading.only() != nullptr, reading.said());
            const std::string problem = listen_addresses(*reading.only(), true).problem;
            CHECK_MESSAGE(problem.find(row.says) != problem.npos, problem);
        }
    }
}
