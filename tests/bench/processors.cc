// SPDX-License-Identifier: ISC

#include "tests/bench/processors.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace minetd::bench {

namespace {

void pin(std::initializer_list<int> processors) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int processor : processors) CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
}

struct alignas(128) Line {
    std::atomic<unsigned> turn{0};
};

// Gives the line back `trips` times; a lost partner is impossible, both loops run the same count.
void answer(Line& line, unsigned trips) {
    for (unsigned trip = 0; trip < trips; ++trip) {
        while (line.turn.load(std::memory_order_acquire) != 2 * trip + 1) continue;
        line.turn.store(2 * trip + 2, std::memory_order_release);
    }
}

double ask(Line& line, unsigned trips) {
    const auto start = std::chrono::steady_clock::now();
    for (unsigned trip = 0; trip < trips; ++trip) {
        line.turn.store(2 * trip + 1, std::memory_order_release);
        while (line.turn.load(std::memory_order_acquire) != 2 * trip + 2) continue;
    }
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / trips;
}

}  // namespace

std::optional<ProcessorPair> two_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 2) return std::nullopt;
    ProcessorPair pair{-1, -1};
    for (int processor = 0; processor < CPU_SETSIZE && pair.second < 0; ++processor) {
        if (!CPU_ISSET(processor, &set)) continue;
        (pair.first < 0 ? pair.first : pair.second) = processor;
    }
    return pair;
}

void stay_on(ProcessorPair pair) {
    pin({pair.first, pair.second});
}

double round_trip_ns(ProcessorPair pair) {
    constexpr unsigned trips = 2000;
    // A thread that loses its processor for a moment spoils one chunk, and the median forgets it.
    std::array<double, 9> chunks{};
    std::array<Line, chunks.size()> lines;
    std::thread partner([&] {
        pin({pair.second});
        for (Line& line : lines) answer(line, trips);
    });
    std::thread asker([&] {
        pin({pair.first});
        for (std::size_t chunk = 0; chunk < chunks.size(); ++chunk)
            chunks[chunk] = ask(lines[chunk], trips);
    });
    asker.join();
    partner.join();
    std::nth_element(chunks.begin(), chunks.begin() + chunks.size() / 2, chunks.end());
    return chunks[chunks.size() / 2];
}

double machine_cpu_seconds() {
    // user nice system idle iowait irq softirq steal: all but the two idle ones (proc_stat(5)).
    std::ifstream file("/proc/stat");
    std::string word;
    std::array<double, 8> ticks{};
    file >> word;
    for (double& value : ticks) file >> value;
    if (!file || word != "cpu") throw std::runtime_error("/proc/stat: cannot read the line 'cpu'");
    const double busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
    return busy / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace minetd::bench
