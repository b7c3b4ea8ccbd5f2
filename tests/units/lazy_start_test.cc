// SPDX-License-Identifier: ISC
#include "daemon/units/lazy_start.h"

#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

LazyStart made(std::string_view text) {
    const Reading reading = read(text);
    REQUIRE_MESSAGE(!reading.diagnostics.failed(), reading.said());
    return lazy_start(reading.configuration, "/etc/minetd.conf", true);
}

}  // namespace

TEST_SUITE("units") {
    TEST_CASE("a socket unit is the whole socket, and starts minetd") {
        const LazyStart units = made("79 stream tcp4 wait root /bin/x\n[79]\nlisten_backlog = 7\n");
        REQUIRE(units.sockets.size() == 1);
        CHECK(units.left.empty());
        CHECK(units.sockets[0].name() == "minetd-79.socket");
        const std::string text = units.sockets[0].text();
        CHECK(text.substr(text.find("Description=")) ==
              "Description=Socket of 79\n"
              "Documentation=man:minetd-generator(8)\n"
              "SourcePath=/etc/minetd.conf\n"
              "PartOf=minetd-sockets.target\n"
              "\n"
              "[Socket]\n"
              "ListenStream=0.0.0.0:79\n"
              "Backlog=7\n"
              "Service=minetd.service\n"
              "FileDescriptorName=79/tcp4\n");
    }
    TEST_CASE("which services have one") {
        const struct {
            const char *text, *names, *left;
        } rows[] = {
            {"79 stream tcp event nobody internal echo", "minetd-79.socket", ""},
            {"7 stream tcp nowait nobody internal echo\n7 dgram udp wait nobody internal echo",
             "minetd-7.socket minetd-7-udp.socket", ""},
            {"/run/x.sock stream unix nowait nobody internal echo", "minetd-run_x.sock.socket", ""},
            {"7 stream tcp nowait nobody internal echo\n[7]\nid = %a/b\n",
             "minetd-a_b.socket", ""},
            {"localhost:79 stream tcp nowait root /bin/x", "",
             "79: systemd binds addresses, not the name localhost"},
            {"1 stream tcp nowait root internal tcpmux\ntcpmux/a stream tcp nowait root /bin/x",
             "minetd-1.socket", ""},
            {"", "", ""},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const LazyStart units = made(row.text);
            std::string names, left;
            for (const UnitFile& unit : units.sockets)
                names += (names.empty() ? "" : " ") + unit.name();
            for (const Loss& loss : units.left) left += loss.service + ": " + loss.text;
            CHECK(names == row.names);
            CHECK(left == row.left);
        }
    }
}
