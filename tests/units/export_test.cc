// SPDX-License-Identifier: ISC
#include "daemon/units/export.h"

#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

struct Exported {
    UnitExport units;

    std::string text(std::string_view name) const {
        for (const UnitFile& file : units.files)
            if (file.name() == name) return file.text();
        return "";
    }
    std::string names() const {
        std::string out;
        for (const UnitFile& file : units.files) out += (out.empty() ? "" : " ") + file.name();
        return out;
    }
    std::string losses() const {
        std::string out;
        for (const Loss& loss : units.losses) out += loss.service + ": " + loss.text + '\n';
        return out;
    }
};

Exported exported(std::string_view text) {
    const Reading reading = read(text);
    REQUIRE_MESSAGE(!reading.diagnostics.failed(), reading.said());
    const LoadOptions how = options();
    return {export_units(reading.configuration,
                         {.minetd = "/sbin/minetd", .ipv6 = true, .builtins = how.builtins})};
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("units") {
    TEST_CASE("each way of serving has its units") {
        const struct {
            const char *text, *names, *service;
        } rows[] = {
            {"79 stream tcp nowait root /bin/x x", "79.socket 79@.service",
             "ExecStart=-@/bin/x x\nStandardInput=socket\n"},
            {"79 stream tcp prefork root /bin/x x", "79.socket 79@.service",
             "# serve: systemd has no pools: each connection starts the program\n"},
            {"79 stream tcp4 wait root /bin/x x", "79.socket 79.service",
             "ExecStart=-@/bin/x x\nStandardInput=socket\n"},
            {"79 stream tcp wait root /bin/x x",
             "79.socket 79.service 79-tcp.socket 79-tcp.service", "StartLimitIntervalSec=0\n"},
            {"69 dgram udp4 wait root /bin/x x", "69.socket 69.service", "StandardInput=socket\n"},
            {"79 stream tcp prefork root /bin/x x\n[79]\naccept = yes", "79.socket 79.service",
             "ExecStart=@/bin/x x\n"},
            {"79 stream tcp nowait nobody internal echo", "79.socket 79.service",
             "StandardInputText=79              stream    tcp     nowait    nobody    internal "
             "echo\n"},
            {"[79]\nprotocol = tcp\nserve = nowait\nuser = nobody\nredirect = 192.0.2.1 80",
             "79.socket 79.service",
             "ExecStart=/usr/lib/systemd/systemd-socket-proxyd 192.0.2.1:80\n"},
            {"localhost:79 stream tcp nowait root /bin/x x", "79.service",
             "WantedBy=multi-user.target\n"},
            {"79 stream tcp nowait root \"/bin/it's\" x", "79.socket 79.service",
             "ExecStart=/sbin/minetd --foreground --log journal --config /dev/stdin\n"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const Exported units = exported(row.text);
            CHECK(units.names() == row.names);
            const std::string service = units.text(
                std::string_view(row.names).find("79@") != std::string_view::npos ? "79@.service"
                : row.names[0] == '6'                                             ? "69.service"
                                                                                  : "79.service");
            CHECK_MESSAGE(has(service, row.service), service);
        }
    }
    TEST_CASE("what attributes become") {
        const struct {
            const char *attribute, *unit, *line;
        } rows[] = {
            {"instances = 7", "x.socket", "MaxConnections=7\n"},
            {"nice = 3", "x.socket", "MaxConnections=1000000\n"},
            {"nice = 3", "x.socket", "TriggerLimitIntervalSec=0s\n"},
            {"per_source = 3", "x.socket", "MaxConnectionsPerSource=3\n"},
            {"per_source = 0", "x.socket", "MaxConnections=0\n"},
            {"cps = 25 5", "x.socket", "TriggerLimitIntervalSec=1s\n"},
            {"cps = 25 5", "x.socket", "TriggerLimitBurst=25\n"},
            {"service_max = 40", "x.socket", "TriggerLimitIntervalSec=60s\n"},
            {"only_from = 10.0.0.0/8", "x.socket",
             "IPAddressAllow=10.0.0.0/8\nIPAddressDeny=any\n"},
            {"no_access = 10.0.0.0/8", "x.socket", "IPAddressDeny=10.0.0.0/8\n"},
            {"keepalive = yes", "x.socket", "KeepAlive=yes\n"},
            {"freebind = yes", "x.socket", "FreeBind=yes\n"},
            {"interface = lo", "x.socket", "BindToDevice=lo\n"},
            {"listen_backlog = 9", "x.socket", "Backlog=9\n"},
            {"user = www-data\ngroup = adm", "x@.service", "User=www-data\nGroup=adm\n"},
            {"env = A=1 \"B=2 3%\"", "x@.service", "Environment=A=1\nEnvironment=\"B=2 3%%\"\n"},
            {"passenv = LANG TZ", "x@.service", "PassEnvironment=LANG TZ\n"},
            {"chdir = /srv", "x@.service", "WorkingDirectory=/srv\n"},
            {"umask = 027", "x@.service", "UMask=0027\n"},
            {"nice = -5", "x@.service", "Nice=-5\n"},
            {"rlimit_nofile = 99", "x@.service", "LimitNOFILE=99\n"},
            {"rlimit_as = unlimited", "x@.service", "LimitAS=infinity\n"},
            {"stderr = log", "x@.service", "StandardError=journal\n"},
            {"stderr = file:/var/log/x", "x@.service", "StandardError=append:/var/log/x\n"},
            {"credentials = key:/etc/key", "x@.service", "LoadCredential=key:/etc/key\n"},
            {"no_new_privs = yes", "x@.service", "NoNewPrivileges=yes\n"},
            {"capabilities = none", "x@.service", "CapabilityBoundingSet=\n"},
            {"capabilities = net_raw", "x@.service",
             "CapabilityBoundingSet=CAP_NET_RAW\nAmbientCapabilities=CAP_NET_RAW\n"},
            {"chroot = /srv/x", "x@.service", "RootDirectory=/srv/x\n"},
            {"seccomp = @system-service ~@privileged", "x@.service",
             "SystemCallFilter=@system-service\n"},
            {"private_tmp = yes", "x@.service", "PrivateTmp=yes\n"},
            {"private_network = yes", "x@.service", "PrivateNetwork=yes\n"},
            {"read_only = yes\nread_write_paths = /srv", "x@.service",
             "ReadOnlyPaths=/\nReadWritePaths=/srv\n"},
            {"memory_max = 1m", "minetd-x.slice", "[Slice]\nMemoryMax=1048576\n"},
            {"memory_max = 1m", "x@.service", "Slice=minetd-x.slice\n"},
            {"cpu_quota = 50", "minetd-x.slice", "CPUQuota=50%\n"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.attribute);
            const Exported units =
                exported("79 stream tcp4 nowait nobody /bin/x x\n[79]\nid = x\n" +
                         std::string(row.attribute));
            CHECK_MESSAGE(has(units.text(row.unit), row.line), units.text(row.unit));
        }
    }
    TEST_CASE("what is lost is told, and written where it is missing") {
        const struct {
            const char *attribute, *says;
        } rows[] = {
            {"access_times = 08:00-18:00", "access_times: systemd knows no times of day"},
            {"rate = 10/s", "rate: systemd limits no rate of one source"},
            {"max_load = 3", "max_load: systemd does not look at the load"},
            {"banner = /etc/motd", "banner: systemd sends nothing itself"},
            {"cps = 25 5", "cps: beyond TriggerLimitBurst= the port is closed until"},
            {"overflow = queue\ninstances = 3", "overflow: more than MaxConnections= are refused"},
            {"per_source = 3", "source_prefix: MaxConnectionsPerSource= counts single addresses"},
            {"only_from = .example.org",
             "only_from: IPAddressAllow= and IPAddressDeny= know no names"},
            {"only_from = 10.0.0.0/8", "only_from: whoever is denied gets no answer"},
            {"groups = no", "groups: systemd gives the supplementary groups"},
            {"landlock_read = /srv", "landlock_read: systemd has no landlock(7)"},
            {"log_on_success = PID", "log_on_success: the journal has systemd's own lines"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.attribute);
            const Exported units =
                exported("79 stream tcp4 nowait nobody /bin/x x\n[79]\nid = x\n" +
                         std::string(row.attribute));
            CHECK_MESSAGE(has(units.losses(), std::string("x: ") + row.says), units.losses());
            CHECK(has(units.text("x@.service"), std::string("\n# ") + row.says));
        }
        CHECK(exported("79 stream tcp4 nowait nobody /bin/x x").losses() == "");
    }
    TEST_CASE("the program, its name and its arguments") {
        const Exported units =
            exported("79 stream tcp4 nowait nobody /bin/x x $HOME 50% \"two words\" ''");
        CHECK(has(units.text("79@.service"),
                  "ExecStart=-@/bin/x x $$HOME 50%% \"two words\" \"\"\n"));
    }
    TEST_CASE("what tcpmux leads to goes with it") {
        const Exported units = exported(
            "tcpmux stream tcp nowait root internal\ntcpmux/+id stream tcp nowait nobody /bin/id "
            "id");
        CHECK(units.names() == "tcpmux.socket tcpmux.service");
        CHECK(has(units.text("tcpmux.service"), "StandardInputText=tcpmux/+id"));
        const Exported alone = exported("tcpmux/+id stream tcp nowait nobody /bin/id id");
        CHECK(alone.names() == "");
        CHECK(has(alone.losses(), "it has no unit"));
    }
    TEST_CASE("two of a name, and minetd's own, are told apart") {
        const Exported units = exported(
            "7 stream tcp4 nowait nobody internal echo\n7 dgram udp4 wait nobody internal echo\n"
            "9 stream tcp4 nowait nobody /bin/x x\n[9]\nid = minetd");
        CHECK(units.names() ==
              "7.socket 7.service 7-udp4.socket 7-udp4.service minetd-tcp4.socket "
              "minetd-tcp4@.service");
        CHECK(has(units.text("7-udp4.socket"), "FileDescriptorName=7/udp4\n"));
    }
}
