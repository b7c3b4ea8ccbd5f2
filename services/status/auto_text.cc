// SPDX-License-Identifier: ISC
#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "services/status/summary.h"
#include "services/status/texts.h"

namespace minetd::status {
namespace {

struct Sums {
    Summary summary, asynchronous;
    std::uint64_t accesses = 0, bytes = 0;
    std::uint64_t busy_ms = 0;
    std::optional<std::uint64_t> memory, tasks;
    bool any_asynchronous = false;
    unsigned generation = 0;
    std::string mpm, letters;

    void add(const Service& service) {
        const Summary its = summarize(service);
        summary.add(its);
        accesses += service.accesses();
        bytes += service.bytes;
        busy_ms += service.busy_ms;
        if (service.memory_current) memory = memory.value_or(0) + *service.memory_current;
        if (service.tasks_current) tasks = tasks.value_or(0) + *service.tasks_current;
        generation = service.generation;
        letters += status::letters(service);
        if (service.asynchronous) {
            asynchronous.add(its);
            any_asynchronous = true;
        }
        if (("," + mpm + ",").find("," + service.mpm + ",") == std::string::npos)
            mpm += (mpm.empty() ? "" : ",") + service.mpm;
    }
};

class Text {
  public:
    template <class Value>
    void line(std::string_view key, const Value& value) {
        fmt::format_to(std::back_inserter(text_), "{}: {}\n", key, value);
    }
    /// As C's %g.
    void number(std::string_view key, double value) {
        fmt::format_to(std::back_inserter(text_), "{}: {:g}\n", key, value);
    }
    void load(std::string_view key, double value) {
        fmt::format_to(std::back_inserter(text_), "{}: {:.2f}\n", key, value);
    }
    void raw(std::string_view line) { (text_ += line) += '\n'; }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

}  // namespace

std::string auto_text(const Snapshot& snapshot, const Service* only) {
    Sums sums;
    for (const Service& service : snapshot.services)
        if (only == nullptr || only == &service) sums.add(service);
    const std::int64_t uptime = std::max<std::int64_t>(0, snapshot.now - snapshot.began);
    const auto seconds = static_cast<double>(uptime);
    // A generation for all services together is the configuration's.
    const unsigned generation = only != nullptr ? sums.generation : snapshot.configuration;

    Text text;
    text.raw(snapshot.host);
    text.line("ServerVersion", "minetd/" MINETD_VERSION " (Unix)");
    text.line("ServerMPM", sums.mpm);
    text.line("Server Built", built_text(snapshot.built));
    text.line("CurrentTime", moment_text(snapshot.now));
    text.line("RestartTime", moment_text(snapshot.began));
    text.line("ParentServerConfigGeneration", snapshot.configuration);
    text.line("ParentServerMPMGeneration", generation == 0 ? 0 : generation - 1);
    text.line("ServerUptimeSeconds", uptime);
    text.line("ServerUptime", duration_text(uptime));
    text.load("Load1", snapshot.load[0]);
    text.load("Load5", snapshot.load[1]);
    text.load("Load15", snapshot.load[2]);
    text.line("Total Accesses", sums.accesses);
    text.line("Total kBytes", sums.bytes / 1024);
    text.line("Total Duration", sums.busy_ms);
    const double cpu = sums.summary.cpu_user + sums.summary.cpu_system;
    text.number("CPUUser", sums.summary.cpu_user);
    text.number("CPUSystem", sums.summary.cpu_system);
    text.number("CPUChildrenUser", 0);
    text.number("CPUChildrenSystem", 0);
    // What cannot be divided is left out, as by mod_status.
    if (cpu > 0 && uptime > 0) text.number("CPULoad", 100 * cpu / seconds);
    text.line("Uptime", uptime);
    const auto accesses = static_cast<double>(sums.accesses),
               bytes = static_cast<double>(sums.bytes);
    if (uptime > 0) text.number("ReqPerSec", accesses / seconds);
    if (uptime > 0) text.number("BytesPerSec", bytes / seconds);
    if (sums.accesses > 0) text.number("BytesPerReq", bytes / accesses);
    if (sums.accesses > 0)
        text.number("DurationPerReq", static_cast<double>(sums.busy_ms) / accesses);
    text.line("BusyWorkers", sums.summary.busy);
    text.line("GracefulWorkers", sums.summary.graceful);
    text.line("IdleWorkers", sums.summary.idle);
    if (sums.any_asynchronous) {
        text.line("Processes", sums.asynchronous.processes);
        text.line("Stopping", sums.asynchronous.stopping);
        text.line("ConnsTotal", sums.asynchronous.connections);
        text.line("ConnsAsyncWaitIO", sums.asynchronous.waiting);
        text.line("ConnsAsyncWriting", sums.asynchronous.writing);
        text.line("ConnsAsyncKeepAlive", sums.asynchronous.keepalive);
        text.line("ConnsAsyncClosing", sums.asynchronous.closing);
    }
    // Not mod_status's, but systemd's words for it.
    if (sums.memory) text.line("MemoryCurrent", *sums.memory);
    if (sums.tasks) text.line("TasksCurrent", *sums.tasks);
    text.line("Scoreboard", sums.letters);
    return text.take();
}

}  // namespace minetd::status
