// SPDX-License-Identifier: ISC
#include "daemon/inquirer_process.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>

#include "daemon/os/process.h"
#include "daemon/os/system_error.h"

namespace minetd {

InquirerProcess::InquirerProcess(Runtime& runtime)
    : runtime_(runtime), retry_(runtime.loop, [this] { start(); }) {}

InquirerProcess::~InquirerProcess() {
    for (const auto& process : processes_) {
        runtime_.children.forget(process->pid);
        ::kill(process->pid, SIGKILL);
        ::waitpid(process->pid, nullptr, 0);
    }
}

bool InquirerProcess::runs() const noexcept {
    return std::any_of(processes_.begin(), processes_.end(),
                       [](const auto& process) { return !process->draining; });
}

void InquirerProcess::serve(std::vector<InquiringService> services) {
    if (services == services_) return;
    services_ = std::move(services);
    for (const auto& process : processes_) drain(*process);
    start();
}

void InquirerProcess::drain(Process& process) noexcept {
    if (std::exchange(process.draining, true)) return;
    send_control(process.channel, ControlMessage::Kind::drain);
}

void InquirerProcess::place(std::unique_ptr<Process> process) {
    Process& placed = *process;
    placed.event = std::make_unique<FdEvent>(runtime_.loop, placed.channel.fd(),
                                             [this, &placed] { listen(placed); });
    placed.event->enable();
    runtime_.children.add(placed.pid, *this);
    processes_.push_back(std::move(process));
}

std::vector<InquirerProcess::Handed> InquirerProcess::hand_over() const {
    std::vector<Handed> handed;
    for (const auto& process : processes_)
        handed.push_back({process->pid, {process->channel.fd()}, process->services});
    return handed;
}

void InquirerProcess::take_over(Handed& handed) {
    auto process = std::make_unique<Process>();
    process->pid = handed.pid;
    process->channel = Channel(handed.channel.take());
    process->services = std::move(handed.services);
    drain(*process);
    place(std::move(process));
}

void InquirerProcess::start() noexcept {
    if (services_.empty() || runs() || retry_.pending()) return;
    int error = 0;
    try {
        auto [ours, theirs] = Channel::pair();
        std::vector<int> keep{theirs.fd()};
        for (const InquiringService& service : services_) keep.push_back(service.inquiry->inlet());
        Channel* const control = &theirs;
        const pid_t pid = fork_process("minetd:inquirer", keep, [this, control] {
            try {
                return run_inquirer(services_, *control);
            } catch (const std::exception& problem) {
                Reporter(*control, *services_.front().spec)
                    .log(Level::error, std::string("the inquirer: ") + problem.what());
                return EX_OSERR;
            }
        });
        error = errno;
        if (pid > 0) {
            auto process = std::make_unique<Process>();
            process->pid = pid;
            process->services = services_;
            process->channel = std::move(ours);
            return place(std::move(process));
        }
    } catch (const std::system_error& problem) {
        error = problem.code().value();
    }
    const Milliseconds delay = throttle_.start_failed();
    runtime_.log(Level::error, fmt::format("cannot start the inquirer: {}; next try in {} s",
                                           error_text(error), delay / 1000));
    retry_.schedule(delay);
}

void InquirerProcess::listen(Process& process) noexcept {
    const auto take = [&](ControlMessage& message, UniqueFd) { hear(process, message); };
    if (!receive_controls(process.channel, take)) process.event->disable();
}

/// It has no privileges and reads what strangers send: what it says is bounded by what it may say.
void InquirerProcess::hear(const Process& process, ControlMessage& message) noexcept {
    Record& record = message.record;
    // RFC 1413 lets an answer be in any character set, and says of none which it is.
    for (char& c : record.reason)
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    if (message.kind == ControlMessage::Kind::ready)
        throttle_.started();
    else if (message.kind == ControlMessage::Kind::log)
        runtime_.log(message.level(), message.text_view());
    else if (message.kind == ControlMessage::Kind::record &&
             message.number < process.services.size() &&
             (record.kind == Record::Kind::userid || record.kind == Record::Kind::noid) &&
             wants_record(*process.services[message.number].spec, record.kind))
        runtime_.record(*process.services[message.number].spec, record);
}

void InquirerProcess::on_exit(const Exit& exit) noexcept {
    const auto found = std::find_if(processes_.begin(), processes_.end(),
                                    [&](const auto& process) { return process->pid == exit.pid; });
    if (found == processes_.end()) return;
    listen(**found);  // its last words
    const bool draining = (*found)->draining;
    processes_.erase(found);
    if (draining) return;
    const Milliseconds delay = throttle_.crashed(monotonic_ms());
    const std::string how = WIFSIGNALED(exit.status)
                                ? fmt::format("was killed by signal {}", WTERMSIG(exit.status))
                                : fmt::format("ended with status {}", WEXITSTATUS(exit.status));
    runtime_.log(
        Level::error,
        fmt::format("the inquirer {} {}; {}", exit.pid, how,
                    delay == 0 ? "replaced" : fmt::format("next start in {} s", delay / 1000)));
    if (delay > 0)
        retry_.schedule(delay);
    else
        start();
}

}  // namespace minetd
