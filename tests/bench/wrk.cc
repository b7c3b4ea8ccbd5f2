// SPDX-License-Identifier: ISC

#include "tests/bench/wrk.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <fstream>

#include "tests/bench/command.h"
#include "tests/bench/processors.h"

namespace minetd::bench {

namespace {

/// Seconds of clients of ours, which are wrk's warm-up as well.
constexpr Times checked{0, 0.3};

// Its report has no p99.9, so it is told to say loadgen's words. What wrk cannot know stays 0.
constexpr std::string_view script =
    "done = function(summary, latency)\n"
    "  local e = summary.errors\n"
    "  io.write(string.format('operations=%d errors=%d rate=%f p50_us=%f p99_us=%f p999_us=%f "
    "max_us=%f',\n"
    "    summary.requests, e.connect + e.read + e.write + e.status + e.timeout,\n"
    "    summary.requests / summary.duration * 1e6, latency:percentile(50), "
    "latency:percentile(99),\n"
    "    latency:percentile(99.9), latency.max))\n"
    "  io.write(' server_us=0 server_cpus=0 client_cpus=0 other_cpus=0 stuck=0 pss_mb=0 '\n"
    "    .. 'attack_closed=0')\n"
    "  if e.connect + e.read + e.write > 0 then io.write(' first_error=\"a socket\"')\n"
    "  elseif e.status > 0 then io.write(' first_error=\"a status\"')\n"
    "  elseif e.timeout > 0 then io.write(' first_error=\"a time-out\"') end\n"
    "  io.write('\\n')\n"
    "end\n";

double client_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

}  // namespace

Sample run_wrk(const Site& site, const Launch& launch, const CpuAccount& server, unsigned clients,
               double measured) {
    const Sample check = run_loadgen(
        site, launch, server.reference(),
        fmt::format("--exchange ask --clients 4 --get /index.html --expected {}/index.html",
                    site.documents()),
        checked);
    const std::string script_file = site.scratch + "/wrk.lua";
    std::ofstream(script_file) << script;
    const double server_before = server.seconds(), client_before = client_cpu_seconds(),
                 machine_before = machine_cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    Sample sample = parse_sample(
        last_line_of(fmt::format("exec {} -t1 -c{} -d{:.0f}s -s {} http://127.0.0.1:{}/index.html",
                                 quoted(site.peers + "/wrk/usr/bin/wrk"), clients,
                                 std::ceil(measured), quoted(script_file), launch.port),
                     0));
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    const double server_used = server.seconds() - server_before,
                 client_used = client_cpu_seconds() - client_before,
                 all_used = machine_cpu_seconds() - machine_before;
    if (sample.operations > 0) sample.server_us = server_used / sample.operations * 1e6;
    sample.server_cpus = server_used / taken.count();
    sample.client_cpus = client_used / taken.count();
    sample.other_cpus = (all_used - server_used - client_used) / taken.count();
    sample.errors += check.errors;
    if (check.errors > 0) sample.first_error = check.first_error;
    return sample;
}

}  // namespace minetd::bench
