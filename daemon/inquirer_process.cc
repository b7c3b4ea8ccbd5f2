// SPDX-License-Identifier: ISC
#include "daemon/inquirer_process.h"

#include <sys/wait.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>

namespace minetd {
namespace {

constexpr char name[] = "inquirer";

}  // namespace

InquirerProcess::InquirerProcess(Runtime& runtime)
    : runtime_(runtime), restart_(runtime, [this] { start(); }) {}

InquirerProcess::~InquirerProcess() {
    for (const auto& process : processes_) {
        process->child.signal(SIGKILL);
        ::waitpid(process->child.pid(), nullptr, 0);
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
    if (!std::exchange(process.draining, true))
        send_control(process.child.channel(), ControlMessage::Kind::drain);
}

std::vector<InquirerProcess::Handed> InquirerProcess::hand_over() const {
    std::vector<Handed> handed;
    for (const auto& process : processes_)
        handed.push_back({process->child.hand_over(), process->services});
    return handed;
}

void InquirerProcess::take_over(Handed& handed) {
    auto process =
        std::make_unique<Process>(*this, handed.child.take(), std::move(handed.services));
    drain(*process);
    processes_.push_back(std::move(process));
}

void InquirerProcess::start() noexcept {
    if (services_.empty() || runs() || restart_.pauses()) return;
    try {
        std::vector<int> keep;
        for (const InquiringService& service : services_) keep.push_back(service.inquiry->inlet());
        ForkedChild forked = fork_with_channel("minetd:inquirer", keep, [this](Channel& control) {
            try {
                return run_inquirer(services_, control);
            } catch (const std::exception& problem) {
                Reporter(control, *services_.front().spec)
                    .log(Level::error, std::string(name) + ": " + problem.what());
                return EX_OSERR;
            }
        });
        processes_.push_back(std::make_unique<Process>(*this, std::move(forked), services_));
    } catch (const std::system_error& problem) {
        restart_.start_failed(name, problem.code().value());
    }
}

void InquirerProcess::listen(Process& process, int most) noexcept {
    const auto take = [&](ControlMessage& message, UniqueFd) { hear(process, message); };
    if (!receive_controls(process.child.channel(), take, most)) process.child.stop_listening();
}

/// It has no privileges and reads what strangers send: what it says is bounded by what it may say.
void InquirerProcess::hear(const Process& process, ControlMessage& message) noexcept {
    Record& record = message.record;
    // RFC 1413 lets an answer be in any character set, and says of none which it is.
    for (char& c : record.reason)
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    if (message.kind == ControlMessage::Kind::ready)
        restart_.served();
    else if (message.kind == ControlMessage::Kind::log)
        runtime_.log(message.level(), message.text_view());
    else if (message.kind == ControlMessage::Kind::record &&
             message.number < process.services.size() &&
             (record.kind == Record::Kind::userid || record.kind == Record::Kind::noid) &&
             wants_record(*process.services[message.number].spec, record.kind))
        runtime_.record(*process.services[message.number].spec, record);
}

void InquirerProcess::on_exit(const Exit& exit) noexcept {
    const auto found = std::find_if(processes_.begin(), processes_.end(), [&](const auto& process) {
        return process->child.pid() == exit.pid;
    });
    if (found == processes_.end()) return;
    listen(**found, messages_left);
    const bool draining = (*found)->draining;
    processes_.erase(found);
    if (draining) return;
    restart_.ended(name, exit, true);
    start();
}

}  // namespace minetd
