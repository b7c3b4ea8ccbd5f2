// SPDX-License-Identifier: ISC
// bench: measures minetd beside its peers and the limits and prints what came as markdown.
// tests/bench/run builds it, gets the peers and starts it; see there for the command line.

#include <fmt/format.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/bench/cpu_account.h"
#include "tests/bench/goals.h"
#include "tests/bench/interruption.h"
#include "tests/bench/many_services.h"
#include "tests/bench/network.h"
#include "tests/bench/process_tree.h"
#include "tests/bench/processors.h"
#include "tests/bench/rounds.h"
#include "tests/bench/tables.h"

namespace minetd::bench {

namespace {

constexpr std::string_view many_services = "many-services";
constexpr std::string_view all_pools = "pools";
constexpr std::string_view all_admission = "admission";
constexpr double far_default_ns = 300;

struct Options {
    Site site;
    Plan plan;
    std::vector<std::string> wanted;
    std::vector<unsigned> clients;
    bool quick = false;
    double minutes = 0;  ///< 0: as quick says
};

void parse(CLI::App& app, Options& options, int argc, char** argv) {
    std::vector<std::string> names;
    for (const Workload& workload : workloads()) names.emplace_back(workload.name);
    names.emplace_back(many_services);
    names.emplace_back(all_pools);
    names.emplace_back(all_admission);
    app.add_option("--minetd", options.site.minetd, "the binary")->required();
    app.add_option("--peers", options.site.peers, "the unpacked packages")->required();
    app.add_option("--programs", options.site.programs, "where loadgen, limit and ok_* are")
        ->required();
    app.add_option("--user", options.site.user, "programs run as this user (the caller)");
    app.add_option("--account", options.site.account,
                   "cpuacct, cgroup2 or proc (the first that works)");
    app.add_flag("--quick", options.quick, "one short round each");
    app.add_option("--rounds", options.plan.rounds, "rounds of each server (3)")
        ->check(CLI::Range(1, 100));
    app.add_option("--clients", options.clients, "these concurrencies in place of the usual")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--minutes", options.minutes,
                   "nothing is repeated when this is in sight (12; quick 2.5)")
        ->check(CLI::Range(0.1, 600.0));
    app.add_option("--near-ns", options.plan.near_ns,
                   "a round trip between processors up to this is near (300)")
        ->default_val(far_default_ns);
    app.add_option("workload", options.wanted, "what to measure (all that measures inetds)")
        ->check(CLI::IsMember(names));
    app.parse(argc, argv);
}

void write_documents(const Site& site) {
    constexpr std::size_t file_size = 1024;
    std::filesystem::create_directory(site.documents());
    std::string page = "<!DOCTYPE html>\n";
    while (page.size() < file_size - 1) page += static_cast<char>('a' + page.size() % 26);
    std::ofstream(site.documents() + "/index.html") << page << '\n';
    std::ofstream(site.script()) << "<?php echo \"ok\\n\"; flush(); sleep(1);\n";
}

void settle(Options& options) {
    if (options.quick) {
        options.plan.rounds = 1;
        options.plan.warm_up = 0.15;
        options.plan.measured = 0.3;
        options.plan.attempts = 2;
        options.plan.attack_warm_up = 1.5;
        options.plan.attack_measured = 1;
    }
    if (options.minutes <= 0) options.minutes = options.quick ? 2.5 : 12;
    options.plan.deadline =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                               std::chrono::duration<double>(options.minutes * 60));
    if (options.site.user.empty()) {
        const passwd* entry = getpwuid(geteuid());
        if (entry == nullptr) throw std::runtime_error("the calling user has no name");
        options.site.user = entry->pw_name;
    }
    options.site.scratch = fmt::format("{}/minetd-bench-{}",
                                       std::filesystem::temp_directory_path().string(), getpid());
    std::filesystem::create_directory(options.site.scratch);
    write_documents(options.site);
}

// 5,000 listeners need more descriptors than a login has.
void raise_descriptor_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

std::string machine(const Site& site, const Plan& plan, ProcessorPair pair) {
    utsname name{};
    uname(&name);
    const auto account = make_account("probe", site.account);
    if (account == nullptr) throw std::runtime_error("no CPU account of the kind " + site.account);
    const std::string reference = account->reference();
    return fmt::format(
        "Linux {}, processors {} and {}, a cache line's round trip {:.0f} ns now and near up to "
        "{:.0f} ns; "
        "{} round{} of {} s after {} s of warm-up; network {}; server CPU from {}; programs run as "
        "{}.\n"
        "A round counts when the processors were near before and after it and others used no more "
        "than {} CPUs.\n\n",
        name.release, pair.first, pair.second, round_trip_ns(pair), plan.near_ns, plan.rounds,
        plan.rounds == 1 ? "" : "s", plan.measured, plan.warm_up,
        site.own_network ? "of its own" : "the host's", reference.substr(0, reference.find(':')),
        site.user, plan.quiet_cpus);
}

bool named(const Options& options, std::string_view name) {
    return std::find(options.wanted.begin(), options.wanted.end(), name) != options.wanted.end();
}

bool wanted(const Options& options, const Workload& workload) {
    if (workload.is_of_pools()) return named(options, workload.name) || named(options, all_pools);
    if (workload.is_of_admission() && named(options, all_admission)) return true;
    return options.wanted.empty() || named(options, workload.name);
}

bool wanted_many_services(const Options& options) {
    return options.wanted.empty() || named(options, many_services);
}

std::vector<unsigned> clients_of(const Options& options, const Workload& workload) {
    const std::span<const unsigned> all = options.quick ? workload.quick : workload.clients;
    std::vector<unsigned> clients(all.begin(), all.end());
    if (!options.clients.empty() && !workload.is_burst() && !workload.has_crowd())
        clients = options.clients;
    return clients;
}

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

/// What must not be: minetd failing, or one wrong byte from it.
bool right(const Comparison& comparison) {
    for (const Series& series : comparison.series) {
        if (!series.server->is_ours()) continue;
        if (!series.failure.empty()) return false;
        for (const Sample& sample : series.samples)
            if (sample.errors > 0) return false;
    }
    return true;
}

bool measure(const Options& options, ProcessorPair pair) {
    Rounds rounds(options.site, options.plan, pair);
    unsigned left = 0;
    for (const Workload& workload : workloads())
        for (unsigned clients : clients_of(options, workload))
            if (wanted(options, workload)) left += rounds.cells(workload, clients);
    bool good = true;
    std::vector<Comparison> comparisons;
    for (const Workload& workload : workloads()) {
        if (!wanted(options, workload)) continue;
        for (unsigned clients : clients_of(options, workload)) {
            left -= rounds.cells(workload, clients);
            comparisons.push_back(rounds.compare(workload, clients, left));
            print(table_of(comparisons.back()));
            good = good && right(comparisons.back());
        }
    }
    print(attack_table(comparisons));
    if (wanted_many_services(options)) {
        ManyServices plan;
        if (options.quick) plan.idle_seconds = 2;
        bool failed = false;
        print(many_services_table(options.site, plan, failed));
        good = good && !failed;
    }
    if (!comparisons.empty()) print(goals_table(comparisons));
    return good;
}

int run(int argc, char** argv) {
    Options options;
    CLI::App app{"bench: minetd beside its peers and the limits", "bench"};
    try {
        parse(app, options, argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 64;
    }
    const std::optional<ProcessorPair> pair = two_processors();
    if (!pair)
        throw std::runtime_error("needs two processors: with one, no two figures can be compared");
    stay_on(*pair);
    raise_descriptor_limit();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    heed_interruptions();
    settle(options);
    options.site.own_network = enter_own_network();
    print(machine(options.site, options.plan, *pair));
    const bool good = measure(options, *pair);
    std::filesystem::remove_all(options.site.scratch);
    return good ? 0 : 1;
}

}  // namespace

}  // namespace minetd::bench

int main(int argc, char** argv) try {
    return minetd::bench::run(argc, argv);
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 71;
}
