// SPDX-License-Identifier: ISC
// loadgen: puts a load on a server on the loopback and prints what came of it, one `name=value` per
// word. Exit 0 when every exchange was right, 1 when some were not, 64 for a wrong command line.

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include "tests/bench/client_load.h"
#include "tests/bench/cpu_account.h"
#include "tests/bench/fastcgi.h"

namespace {

using minetd::bench::Exchange;
using minetd::bench::Load;
using minetd::bench::Outcome;

constexpr int usage_error = 64;
constexpr int internal_error = 71;

void print(const Load& load, const Outcome& outcome) {
    const auto operations = static_cast<double>(outcome.latency.count());
    const auto microseconds = [](std::uint64_t nanoseconds) {
        return static_cast<double>(nanoseconds) / 1e3;
    };
    const double others = outcome.machine_seconds - outcome.client_seconds - outcome.server_seconds;
    std::printf("operations=%.0f errors=%llu seconds=%.6f rate=%.1f", operations,
                static_cast<unsigned long long>(outcome.errors), outcome.seconds,
                operations / outcome.seconds);
    std::printf(
        " p50_us=%.1f p99_us=%.1f p999_us=%.1f max_us=%.1f",
        microseconds(outcome.latency.quantile(0.5)), microseconds(outcome.latency.quantile(0.99)),
        microseconds(outcome.latency.quantile(0.999)), microseconds(outcome.latency.longest()));
    std::printf(" server_us=%.3f server_cpus=%.3f client_cpus=%.3f other_cpus=%.3f clients=%u",
                operations > 0 ? outcome.server_seconds / operations * 1e6 : 0,
                outcome.server_seconds / outcome.seconds, outcome.client_seconds / outcome.seconds,
                others / outcome.seconds, load.clients);
    std::printf(" stuck=%u pss_mb=%.2f attack_closed=%llu", outcome.stuck, outcome.pss_mb,
                static_cast<unsigned long long>(outcome.attack_closed));
    if (outcome.errors > 0) std::printf(" first_error=\"%s\"", outcome.first_error.c_str());
    std::printf("\n");
}

std::string http_request(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
}

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    if (!(text << file.rdbuf())) throw std::runtime_error(path + ": cannot be read, or is empty");
    return text.str();
}

}  // namespace

int main(int argc, char** argv) try {
    const std::map<std::string, Exchange> exchanges{{"expect", Exchange::expect},
                                                    {"echo", Exchange::echo},
                                                    {"keepalive", Exchange::keepalive},
                                                    {"hold", Exchange::hold},
                                                    {"ask", Exchange::ask}};
    Load load;
    std::uint16_t port = 0;
    std::string account;
    std::string get, script, expected;
    bool one_source = false;
    CLI::App options{"loadgen: a closed loop of clients against a server on 127.0.0.1", "loadgen"};
    options.add_option("--port", port, "the server's port")
        ->required()
        ->check(CLI::Range(1, 65535));
    options.add_option("--exchange", load.exchange, "expect, echo, keepalive, hold or ask")
        ->transform(CLI::CheckedTransformer(exchanges));
    options.add_option("--clients", load.clients, "clients at once")->check(CLI::Range(1, 10000));
    options.add_option("--warm-up", load.warm_up, "seconds before anything is counted")
        ->check(CLI::Range(0.0, 60.0));
    options.add_option("--seconds", load.measured, "seconds counted")
        ->check(CLI::Range(0.01, 600.0));
    options.add_option("--account", account,
                       "the server's CPU: cpuacct:DIR, cgroup2:DIR or proc:PID");
    options.add_flag("--one-source", one_source, "connect from 127.0.0.1 only");
    options.add_flag("--once", load.once, "one exchange per client, all at once");
    options.add_option("--stay", load.stay,
                       "seconds a client with one exchange stays after the answer (to the end)");
    options.add_option("--get", get, "ask: this path, by HTTP/1.1");
    options.add_option("--fastcgi", script, "ask: this script, by FastCGI");
    options.add_option("--expected", expected, "the file that holds the reply, or its end");
    options.add_option("--idle", load.idle, "echo connections held beside, silent")
        ->check(CLI::Range(0, 100000));
    options.add_option("--attackers", load.attackers, "clients beside that say nothing")
        ->check(CLI::Range(0, 100000));
    options.add_flag("--trickle", load.trickle, "attackers say a byte a second");
    options.add_option("--tree", load.tree, "the memory of this process and all it has started");
    try {
        options.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return options.exit(error) == 0 ? 0 : usage_error;
    }
    if (!get.empty()) load.request = http_request(get);
    if (!script.empty()) load.request = minetd::bench::fastcgi_request(script);
    if (!expected.empty()) load.expected = content_of(expected);
    load.many_sources = !one_source;
    load.server.sin_family = AF_INET;
    load.server.sin_port = htons(port);
    load.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    std::unique_ptr<minetd::bench::CpuAccount> server;
    if (!account.empty()) server = minetd::bench::open_account(account);
    const Outcome outcome = minetd::bench::drive(load, server.get());
    print(load, outcome);
    return outcome.errors == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "loadgen: %s\n", error.what());
    return internal_error;
}
