// SPDX-License-Identifier: ISC
// One inetd.conf, three inetds, one client. The table says what each does with each line, as it was
// seen, and why it is right that they differ: the numbers are sections of the notes on the inetd
// family that the grammar of minetd.conf(5) was derived from; "same" means that nobody differs.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/free_port.h"
#include "tests/integration/gauge.h"
#include "tests/peers/peer.h"
#include "tests/peers/seclusion.h"

using namespace minetd;

namespace {

struct Place {
    std::uint16_t port;
    std::string directory;
};
using Observe = std::string (*)(const Place&);

std::string ending(const Client& client) {
    switch (client.end()) {
        case Client::End::refused:
            return "refused";
        case Client::End::reset:
            return "reset";
        default:
            return "closed";
    }
}

/// How long nothing must come to be called silence. Only what never answers is asked this way, so
/// the outcome does not depend on it.
constexpr int silence_ms = 500;

/// What came, or how it ended when nothing came.
std::string told(Client& client, const std::string& question = {}) {
    if (client.end() == Client::End::refused) return "refused";
    const std::string answer = client.ask(question);
    return answer.empty() ? ending(client) : answer;
}

std::string bytes_of(Client& client) {
    const std::string answer = told(client);
    return answer == "refused" || answer == "closed" ? answer
                                                     : std::to_string(answer.size()) + " bytes";
}

std::string value_of(const std::string& report, const std::string& name) {
    const std::size_t at = ("\n" + report).find("\n" + name);
    if (at == std::string::npos) return "none";
    const std::size_t begin = at + name.size();
    return report.substr(begin, report.find('\n', begin) - begin);
}

std::string report_from(const Place& place) {
    Client client(place.port);
    return told(client);
}

std::string all_arguments(const Place& place) {
    const std::string report = report_from(place);
    if (report.find('\n') == std::string::npos) return report;
    std::string words;
    for (int i = 2; value_of(report, "argv" + std::to_string(i) + "=") != "none"; ++i)
        words += "<" + value_of(report, "argv" + std::to_string(i) + "=") + ">";
    return words;
}

/// Of six clients that come one after the other.
std::string served_of_six(const Place& place) {
    int served = 0;
    std::string otherwise;
    for (int i = 0; i < 6; ++i) {
        Client client(place.port);
        const std::string answer = told(client, "x\n");
        // Whether a close resets depends on whether the client's words were there already.
        if (answer == "x\n")
            ++served;
        else
            otherwise = answer == "refused" ? ", then refused" : ", then closed";
    }
    return std::to_string(served) + " of 6" + otherwise;
}

/// Of six that stay: how many are served while nobody leaves, and what becomes of the others.
std::string at_once(const Place& place) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(std::make_unique<Client>(place.port));
    int held = 0;
    std::string otherwise;
    for (const auto& client : clients) {
        pollfd answer{client->fd(), POLLIN, 0};
        if (poll(&answer, 1, 4 * silence_ms) <= 0)
            otherwise = ", others wait";
        else if (client->line() == "held\n")
            ++held;
        else
            otherwise = ", others " + ending(*client);
    }
    return std::to_string(held) + " of 6" + otherwise;
}

std::string families(const Place& place) {
    std::string result;
    for (const char* host : {"127.0.0.1", "::1"}) {
        Client client(address_of(host, place.port));
        const std::string report = told(client);
        const std::string peer = value_of(report, "peer=");
        result += (result.empty() ? "" : " ") +
                  (peer == "none" ? report : peer.substr(0, peer.rfind(':')));
    }
    return result;
}

std::string datagram(const Place& place, const std::string& payload, int patience) {
    Client client(address_of("127.0.0.1", place.port), SOCK_DGRAM);
    client.send(payload);
    pollfd answer{client.fd(), POLLIN, 0};
    if (poll(&answer, 1, patience) <= 0) return "silence";
    const std::string reply = client.receive();
    return std::to_string(reply.size()) + " bytes";
}

struct Row {
    const char* name;
    std::uint16_t port;  ///< 0: any free one, which {port} stands for
    const char* line;
    Observe observe;
    const char *openbsd, *inetutils, *minetd;
    const char* why;
};

const Row rows[] = {
    {"echo", 7, "echo stream tcp4 nowait {user} internal",
     [](const Place& place) {
         Client client(place.port);
         return told(client, "hello");
     },
     "hello", "hello", "hello", "same"},
    {"discard", 9, "discard stream tcp4 nowait {user} internal",
     [](const Place& place) {
         Client client(place.port);
         return told(client, "hello");
     },
     "closed", "closed", "closed", "same"},
    {"daytime", 13, "daytime stream tcp4 nowait {user} internal",
     [](const Place& place) {
         Client client(place.port);
         return bytes_of(client);
     },
     "26 bytes", "26 bytes", "26 bytes", "same"},
    {"time", 37, "time stream tcp4 nowait {user} internal",
     [](const Place& place) {
         Client client(place.port);
         return bytes_of(client);
     },
     "4 bytes", "8 bytes", "4 bytes", "6: GNU writes a long"},
    {"chargen", 19, "chargen stream tcp4 nowait {user} internal",
     [](const Place& place) {
         Client client(place.port);
         const std::string first = client.line();
         return first.substr(0, 6) + "... " + client.line().substr(0, 6) + "...";
     },
     " !\"#$%... !\"#$%&...", " !\"#$%... !\"#$%&...", " !\"#$%... !\"#$%&...", "same"},
    {"echo, datagram", 7, "echo dgram udp4 wait {user} internal",
     [](const Place& place) { return datagram(place, std::string(9'000, 'x'), silence_ms); },
     "silence", "8192 bytes", "silence", "6: abuse guards, and GNU's truncation"},
    {"tcpmux", 1,
     "tcpmux stream tcp4 nowait {user} internal\n"
     "tcpmux/+answer stream tcp4 nowait {user} {probe} probe answer",
     [](const Place& place) {
         Client client(place.port);
         return told(client, "answer\r\npipelined\n");
     },
     "refused", "+Go\r\n", "+Go\r\npipelined\n",
     "1: OpenBSD has none; 6: GNU loses what comes early"},
    {"a program", 0, "{port} stream tcp nowait {user} {probe} probe answer",
     [](const Place& place) {
         Client client(place.port);
         return told(client, "hello\n");
     },
     "hello\n", "hello\n", "hello\n", "same"},
    {"argv[0] left out", 0, "{port} stream tcp nowait {user} {probe}",
     [](const Place& place) {
         Client client(place.port);
         return told(client);
     },
     "probe: unknown mode\n", "probe: unknown mode\n", "probe: unknown mode\n", "same"},
    {"double quotes", 0, "{port} stream tcp nowait {user} {probe} probe report \"a b\" 'c d'",
     all_arguments, "<\"a><b\"><'c><d'>", "<a b><c d>", "<a b><c d>", "2.1, 3 rule 8: quoting"},
    {"# after a line", 0, "{port} stream tcp nowait {user} {probe} probe report # note",
     all_arguments, "<#><note>", "<#><note>", "<#><note>", "same: 2.1"},
    {"continuation", 0, "{port} stream tcp nowait {user} {probe} probe\n\treport more",
     all_arguments, "<more>", "", "<more>", "2.1: GNU has no continuation"},
    {"indented comment", 0, "{port} stream tcp nowait {user} {probe} probe report\n    # a note",
     all_arguments, "<#><a><note>", "", "", "2.1, 3 rule 10: not fed to argv"},
    {"nowait.3", 0, "{port} stream tcp4 nowait.3 {user} {probe} probe answer", served_of_six,
     "2 of 6, then closed", "3 of 6, then refused", "3 of 6, then closed",
     "3 rule 3: exactly N; 5: the port stays bound"},
    {"nowait/3", 0, "{port} stream tcp4 nowait/3 {user} {probe} probe hold {dir}/gauge", at_once,
     "6 of 6", "6 of 6", "3 of 6, others wait", "2.5: FreeBSD's suffix, ignored by the others"},
    {"nowait/5/30/2", 0, "{port} stream tcp4 nowait/5/30/2 {user} {probe} probe hold {dir}/gauge",
     at_once, "6 of 6", "6 of 6", "2 of 6, others closed",
     "2.5: FreeBSD's suffix, ignored by the others"},
    {"wait/1", 0, "{port} stream tcp4 wait/1 {user} {probe} probe accept 1",
     [](const Place& place) {
         Client client(place.port);
         const std::string answer = told(client);
         return std::string(answer.find('\n') != std::string::npos ? "wait" : "nowait");
     },
     "nowait", "nowait", "wait", "2.5: wait/1 never becomes nowait"},
    {"wait, stream", 0, "{port} stream tcp4 wait {user} {probe} probe accept 1",
     [](const Place& place) {
         std::string result;
         for (int i = 0; i < 3; ++i) {
             Client client(place.port);
             result += told(client).find('\n') != std::string::npos ? "served " : "not ";
         }
         return result;
     },
     "served served served ", "served served served ", "served served served ", "same"},
    {"wait, datagram", 0, "{port} dgram udp4 wait {user} {probe} probe receive 1",
     [](const Place& place) {
         std::string result;
         for (int i = 0; i < 3; ++i)
             result += datagram(place, "hello", patience_ms) == "silence" ? "silence " : "served ";
         return result;
     },
     "served served served ", "served served served ", "served served served ", "same"},
    {"tcp", 0, "{port} stream tcp nowait {user} {probe} probe report", families, "127.0.0.1 [::1]",
     "127.0.0.1 refused", "127.0.0.1 [::1]", "2.4, 3 rule 4: Debian's reading"},
    {"tcp4", 0, "{port} stream tcp4 nowait {user} {probe} probe report", families,
     "127.0.0.1 refused", "127.0.0.1 refused", "127.0.0.1 refused", "same"},
    {"tcp6", 0, "{port} stream tcp6 nowait {user} {probe} probe report", families, "refused [::1]",
     "[::ffff:127.0.0.1] [::1]", "refused [::1]", "2.4: GNU's manual says both; 3 rule 5: v6 only"},
    {"tcp46", 0, "{port} stream tcp46 nowait {user} {probe} probe report", families,
     "[::ffff:127.0.0.1] [::1]", "127.0.0.1 refused", "[::ffff:127.0.0.1] [::1]",
     "2.4: tcp46 is Debian's and FreeBSD's"},
    {"[::1]:port", 0, "[::1]:{port} stream tcp6 nowait {user} {probe} probe report", families,
     "refused [::1]", "refused refused", "refused [::1]", "2.2: GNU keeps the brackets"},
    {"an address list", 0,
     "127.0.0.1,127.0.0.2:{port} stream tcp4 nowait {user} {probe} probe report", families,
     "127.0.0.1 refused", "127.0.0.1 refused", "127.0.0.1 refused", "same"},
    {"environment", 0, "{port} stream tcp4 nowait {user} {probe} probe report",
     [](const Place& place) {
         const std::string report = report_from(place);
         const bool padding = value_of(report, "env inetd_dummy=") != "none";
         const bool ucspi = value_of(report, "env TCPREMOTEIP=") == "127.0.0.1";
         return std::string(padding ? "padding" : "clean") + (ucspi ? ", UCSPI" : "");
     },
     "padding", "padding", "clean, UCSPI", "7 no. 8: padding leaks; 1, 8.1: environment"},
    {"descriptors", 0, "{port} stream tcp4 nowait {user} {probe} probe report",
     [](const Place& place) {
         const std::string report = report_from(place);
         std::string result;
         for (int fd = 0; fd < 20; ++fd)
             if (value_of(report, "fd" + std::to_string(fd) + "=") != "none")
                 result += std::to_string(fd) + " ";
         return result;
     },
     "0 1 2 ", "0 1 2 ", "0 1 2 ", "same"},
    {"signals", 0, "{port} stream tcp4 nowait {user} {probe} probe report",
     [](const Place& place) {
         const std::string report = report_from(place);
         return "blocked" + value_of(report, "blocked=") + " ignored" +
                value_of(report, "not_default=");
     },
     "blocked ignored", "blocked ignored 13", "blocked ignored",
     "7 no. 4: GNU leaves SIGPIPE ignored"},
    {"session", 0, "{port} stream tcp4 nowait {user} {probe} probe report",
     [](const Place& place) {
         const std::string report = report_from(place);
         const std::string pid = value_of(report, "pid=");
         return std::string(value_of(report, "sid=") == pid    ? "session"
                            : value_of(report, "pgid=") == pid ? "group"
                                                               : "none");
     },
     "session", "session", "group",
     "7 no. 5: without a terminal to keep away from, a group is enough"},
    {"a program that is none", 0, "{port} stream tcp4 nowait {user} {dir}/broken broken",
     [](const Place& place) {
         Client client(place.port);
         return told(client);
     },
     "closed", "closed", "closed", "same"},
    {"an unknown user", 0, "{port} stream tcp4 nowait no-such-user-here {probe} probe answer",
     [](const Place& place) {
         Client client(place.port);
         return told(client);
     },
     "closed", "refused", "refused", "2.6: told when the file is read, not to each client"},
    {"a unix socket", 0, "{dir}/socket stream unix nowait {user} {probe} probe answer",
     [](const Place& place) {
         struct stat status {};
         const std::string path = place.directory + "/socket";
         if (stat(path.c_str(), &status) != 0) return std::string("none");
         char mode[8];
         std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777);
         Client client(address_of_path(path));
         return told(client, "x\n") + mode;
     },
     "x\n0666", "none", "x\n0666", "1: GNU has no unix sockets"},
};

std::string one_line(std::string text) {
    for (std::size_t at; (at = text.find('\n')) != std::string::npos;) text.replace(at, 1, "\\n");
    return text;
}

}  // namespace

TEST_SUITE_BEGIN("peers");

TEST_CASE("openbsd-inetd, inetutils-inetd and minetd on one inetd.conf") {
    const char* unpacked = std::getenv("MINETD_PEERS");
    REQUIRE(unpacked != nullptr);
    const std::string peers = unpacked;
    const std::string probe_source = std::getenv("MINETD_PROBE");
    const std::string binary = std::getenv("MINETD");

    const bool own_network = geteuid() == 0 && enter_own_network();
    if (!own_network) MESSAGE("the builtins on their official ports are left out: not root");

    struct Daemon {
        const char* name;
        std::vector<std::string> command;
        const char* Row::*expected;
    };
    const Daemon daemons[] = {
        {"openbsd-inetd", {peers + "/openbsd-inetd/usr/sbin/inetd", "-d", "-i"}, &Row::openbsd},
        {"inetutils-inetd",
         {peers + "/inetutils-inetd/usr/sbin/inetutils-inetd", "-d"},
         &Row::inetutils},
        {"minetd", {binary, "--foreground", "--config"}, &Row::minetd},
    };

    std::vector<std::vector<std::string>> seen(std::size(rows));
    for (const Daemon& daemon : daemons) {
        CAPTURE(std::string(daemon.name));
        const TemporaryDirectory directory;
        const std::string& dir = directory.path();
        std::filesystem::copy_file(probe_source, dir + "/probe");
        write_file(dir + "/broken", "no program at all");
        REQUIRE(chmod((dir + "/broken").c_str(), 0755) == 0);
        Gauge::create(dir + "/gauge");

        std::string configuration;
        std::vector<std::uint16_t> ports;
        const auto add = [&](std::string text, std::uint16_t port) {
            ports.push_back(port != 0 ? port : free_port());
            if (port != 0 && !own_network) return;
            const std::map<std::string, std::string> values = {
                {"{port}", std::to_string(ports.back())},
                {"{user}", test_user()},
                {"{dir}", dir},
                {"{probe}", dir + "/probe"}};
            for (const auto& [name, value] : values)
                for (std::size_t at; (at = text.find(name)) != std::string::npos;)
                    text.replace(at, name.size(), value);
            configuration += text + "\n";
        };
        for (const Row& row : rows) add(row.line, row.port);
        add("{port} stream tcp4 nowait {user} {probe} probe answer", 0);
        write_file(dir + "/inetd.conf", configuration);
        std::vector<std::string> command = daemon.command;
        command.push_back(dir + "/inetd.conf");
        const Peer peer(command, ports.back(), dir + "/log");
        for (std::size_t i = 0; i < std::size(rows); ++i) {
            CAPTURE(std::string(rows[i].name));
            seen[i].push_back("-");
            if (rows[i].port != 0 && !own_network) continue;
            std::string& observed = seen[i].back();
            CHECK_NOTHROW(observed = rows[i].observe({ports[i], dir}));
            CHECK(observed == std::string(rows[i].*daemon.expected));
        }
    }

    std::printf("| %-22s | %-24s | %-24s | %-24s | %s\n", "case", daemons[0].name, daemons[1].name,
                daemons[2].name, "why they differ");
    for (std::size_t i = 0; i < std::size(rows); ++i)
        std::printf("| %-22s | %-24s | %-24s | %-24s | %s\n", rows[i].name,
                    one_line(seen[i][0]).c_str(), one_line(seen[i][1]).c_str(),
                    one_line(seen[i][2]).c_str(), rows[i].why);
}

TEST_SUITE_END();
