// SPDX-License-Identifier: ISC

#include "tests/bench/client_load.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/attack_load.h"
#include "tests/bench/clients.h"
#include "tests/bench/memory.h"
#include "tests/bench/processors.h"

namespace minetd::bench {

namespace {

using Clock = std::chrono::steady_clock;

/// Idle connections are made so many at a time, and answered, for no backlog holds thousands.
constexpr unsigned idle_batch = 250;
constexpr double idle_deadline = 60;

Clock::duration seconds(double value) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/// Connections that have had a line and say nothing more; they last as long as the object.
class IdleClients {
  public:
    explicit IdleClients(const Load& load) : load_(load) {
        load_.exchange = Exchange::hold;
        load_.stay = 0;
        const auto deadline = Clock::now() + seconds(idle_deadline);
        for (unsigned left = load.idle; left > 0 && errors() == 0; left -= load_.clients) {
            load_.clients = std::min(left, idle_batch);
            batches_.push_back(std::make_unique<Clients>(load_));
            batches_.back()->start();
            batches_.back()->run(deadline, false);
            if (!batches_.back()->everybody_answered()) break;
        }
    }

    /// Looks once at what the server has done to them meanwhile.
    void look() {
        for (const auto& batch : batches_) batch->look();
    }

    std::uint64_t errors() const {
        std::uint64_t all = 0;
        for (const auto& batch : batches_) all += batch->errors;
        return all;
    }
    std::uint64_t held() const {
        std::uint64_t all = 0;
        for (const auto& batch : batches_) all += batch->connected();
        return all;
    }

  private:
    Load load_;
    std::vector<std::unique_ptr<Clients>> batches_;
};

}  // namespace

Outcome drive(const Load& load, const CpuAccount* server) {
    Clients clients(load);
    IdleClients idle(load);
    std::optional<Attack> attack;
    if (load.attackers > 0) attack.emplace(load);
    if (!clients.once()) {
        clients.start();
        clients.run(Clock::now() + seconds(load.warm_up), false);
    }
    Outcome outcome;
    const auto start = Clock::now();
    const double client_before = own_cpu_seconds();
    const double server_before = server != nullptr ? server->seconds() : 0;
    const double machine_before = machine_cpu_seconds();
    if (clients.once()) clients.start();
    clients.run(start + seconds(load.measured), true);
    const auto end = Clock::now();
    outcome.seconds = std::chrono::duration<double>(end - start).count();
    outcome.client_seconds = own_cpu_seconds() - client_before;
    outcome.server_seconds = server != nullptr ? server->seconds() - server_before : 0;
    outcome.machine_seconds = machine_cpu_seconds() - machine_before;
    outcome.latency = clients.latency;
    outcome.errors = clients.errors;
    outcome.first_error = clients.first_error;
    outcome.stuck = clients.stuck(end);
    if (attack) outcome.attack_closed = attack->closed();
    if (load.tree != 0) outcome.pss_mb = memory_of(load.tree).pss_mb;
    idle.look();
    if (const std::uint64_t lost = load.idle - idle.held(); lost > 0) {
        outcome.errors += lost;
        if (outcome.first_error.empty())
            outcome.first_error = std::to_string(lost) + " idle connections were not held";
    }
    return outcome;
}

}  // namespace minetd::bench
