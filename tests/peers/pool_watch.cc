// SPDX-License-Identifier: ISC
#include "tests/peers/pool_watch.h"

#include <poll.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>

#include "tests/integration/client.h"

namespace minetd {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto sample_period = std::chrono::milliseconds(100);
/// A count that lasts for less is one in the middle of a step: servers start one after the other.
constexpr double least_lasting = 0.25;
/// Rows lie between ticks, as both pools tick first a second after the start.
constexpr auto first_row = std::chrono::milliseconds(550);
constexpr Seconds settled_after{1.25};
/// The last time it is waited for longer: a pool may pause for a tick between two steps.
constexpr Seconds ended_after{2.25};
constexpr unsigned most_rows = 60;

/// Clients of one pool, which have one exchange and stay.
class HeldClients {
  public:
    explicit HeldClients(std::uint16_t port) : port_(port) {}
    void add() {
        clients_.push_back({std::make_unique<Client>(port_)});
        clients_.back().connection->send("x\n");
    }
    void remove() { clients_.pop_back(); }
    unsigned count() const { return static_cast<unsigned>(clients_.size()); }
    /// How many have their answer. Throws when a client that stays is sent away.
    unsigned held() {
        unsigned held = 0;
        for (Held& client : clients_) {
            pollfd answer{client.connection->fd(), POLLIN, 0};
            if (poll(&answer, 1, 0) > 0) {
                if (client.answered || client.connection->line() != "x\n")
                    throw std::runtime_error("a client of port " + std::to_string(port_) +
                                             (client.answered ? " was sent away" : " was refused"));
                client.answered = true;
            }
            if (client.answered) ++held;
        }
        return held;
    }

  private:
    struct Held {
        std::unique_ptr<Client> connection;
        bool answered = false;
    };
    std::uint16_t port_;
    std::vector<Held> clients_;
};

/// The steps of one pool.
class StepCounter {
  public:
    void look(unsigned servers, unsigned stage, double at) {
        if (servers != candidate_.servers) candidate_ = {stage, servers, at};
        if (at - candidate_.at < least_lasting) return;
        if (steps.empty() || steps.back().servers != servers) steps.push_back(candidate_);
    }
    unsigned in_stage(unsigned stage) const {
        return static_cast<unsigned>(std::count_if(
            steps.begin(), steps.end(), [&](const PoolStep& step) { return step.stage == stage; }));
    }
    std::vector<PoolStep> steps;

  private:
    PoolStep candidate_{};  ///< no pool has no servers
};

}  // namespace

unsigned count_children(pid_t parent) {
    const std::string process = "/proc/" + std::to_string(parent);
    std::ifstream children(process + "/task/" + std::to_string(parent) + "/children");
    unsigned count = 0;
    for (pid_t child; children >> child;) {
        std::ifstream file("/proc/" + std::to_string(child) + "/stat");
        std::string line;
        std::getline(file, line);
        const std::size_t state = line.rfind(") ");
        if (state != std::string::npos && line[state + 2] != 'Z' && line[state + 2] != 'X') ++count;
    }
    return count;
}

PoolCourse watch_pools(const std::array<WatchedPool, 2>& pools, const std::vector<unsigned>& loads,
                       unsigned last_steps, Clock::time_point start) try {
    PoolCourse course;
    std::array<HeldClients, 2> clients{HeldClients(pools[0].port), HeldClients(pools[1].port)};
    std::array<StepCounter, 2> counters;
    unsigned stage = 0;
    Clock::time_point row = start + first_row;
    double changed = 0, looked = 0;
    for (Clock::time_point at = start; course.rows.size() < most_rows; at += sample_period) {
        std::this_thread::sleep_until(at);
        const double now = Seconds(Clock::now() - start).count();
        if (looked == 0) looked = now;
        course.longest_gap = std::max(course.longest_gap, now - std::exchange(looked, now));
        std::array<PoolCourse::Sample, 2> samples{};
        for (std::size_t i = 0; i < pools.size(); ++i) {
            samples[i] = {count_children(pools[i].parent), clients[i].held()};
            counters[i].look(samples[i].servers, stage, now);
            if (!counters[i].steps.empty())
                changed = std::max(changed, counters[i].steps.back().at);
        }
        if (at < row) continue;
        row += std::chrono::seconds(1);
        course.rows.push_back(
            {static_cast<unsigned>(course.rows.size()), clients[0].count(), samples});
        const bool last = stage + 1 == loads.size();
        const bool settled = now - changed > (last ? ended_after : settled_after).count();
        const bool enough = last && std::all_of(counters.begin(), counters.end(), [&](auto& each) {
                                return each.in_stage(stage) >= last_steps;
                            });
        if (enough || (settled && last)) break;
        if (!settled) continue;
        changed = now;
        ++stage;
        while (clients[0].count() < loads[stage])
            for (HeldClients& each : clients) each.add();
        while (clients[0].count() > loads[stage])
            for (HeldClients& each : clients) each.remove();
    }
    for (std::size_t i = 0; i < pools.size(); ++i) course.steps[i] = counters[i].steps;
    return course;
} catch (const std::exception& problem) {
    PoolCourse none;
    none.trouble = problem.what();
    return none;
}

}  // namespace minetd
