//! A guest in a pool that doesn't exist.

use rustc_hash::FxHashMap;

use crate::cluster::{Cluster, GuestRef, Input};
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Pool, PoolVm};
use crate::rules::tree::guest_vmid_range::VALID;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    for pool in &rights.model.pools {
        let is_missing = |vm: &&PoolVm<'_>| match u32::try_from(vm.vmid) {
            Ok(vmid) => rights.objects.guest(vmid) == Some(false),
            Err(_) => true,
        };
        let missing: Vec<&PoolVm<'_>> = pool.vms.iter().filter(is_missing).collect();
        let Some(first) = missing.first() else { continue };
        let name = words::name(pool.name.value);
        let numbers: Vec<_> = missing.iter().map(|vm| words::name(&*vm.name)).collect();
        let message = match numbers.as_slice() {
            [one] => format!("pool `{name}` lists guest {one}, which doesn't exist"),
            numbers => format!("pool `{name}` lists guests that don't exist: {}", words::list(numbers, 5)),
        };
        let mut finding = Finding::new(format!("user.cfg: pool {name}"), rights.file.at(first.span), message)
            .discriminator(numbers.join(","));
        for vm in missing.iter().skip(1).take(3) {
            finding = finding.secondary(rights.at(vm.span), "nor does this one");
        }
        let (possible, impossible): (Vec<&PoolVm<'_>>, Vec<_>) =
            missing.iter().partition(|vm| u32::try_from(vm.vmid).is_ok_and(|vmid| VALID.contains(&vmid)));
        finding = finding.consequence(if possible.is_empty() {
            "No guest can have such a number."
        } else {
            "The next guest with this number is in the pool at once, with all permissions on the pool."
        });
        let add =
            |vmid: u32| Command::new("pveum pool modify").arg(pool.name.value).words("--vms").arg(vmid.to_string());
        let names = |vms: &[&PoolVm<'_>]| vms.iter().map(|vm| words::name(&*vm.name)).collect::<Vec<_>>();
        let delete = || {
            Command::new("pveum pool modify")
                .arg(pool.name.value)
                .words("--vms")
                .arg(names(&possible).join(","))
                .words("--delete 1")
        };
        let near = if missing.len() == 1 { near(context.cluster, rights.model, pool, first.vmid) } else { None };
        finding = match near {
            Some(vmid) => {
                let guest = describe(context.cluster, vmid);
                finding.label(format!("did you mean {vmid}? {guest} is in no pool")).fix_commands(
                    std::iter::once(add(vmid)).chain((!possible.is_empty()).then(delete)),
                    &format!("if {vmid} is meant"),
                )
            }
            None => finding.label("no such guest in the cluster"),
        };
        if !possible.is_empty() {
            finding = finding.fix_command_when(delete(), "if it is left over");
        }
        if !impossible.is_empty() {
            // The command takes 100 to 999999999.
            finding = finding.edit(format!("remove {} from this line", words::list(&names(&impossible), 5)));
        }
        sink.push(finding);
    }
}

/// A guest in no pool whose number is like `vmid` by one digit, or two swapped, and that no other guest competes with; one on a node of
/// the pool's other guests comes first.
fn near(cluster: &Cluster<'_>, model: &crate::model::user::UserCfg<'_>, pool: &Pool<'_>, vmid: u64) -> Option<u32> {
    let mut nodes: FxHashMap<&str, ()> = FxHashMap::default();
    let known = pool.vms.iter().filter_map(|vm| node(cluster, u32::try_from(vm.vmid).ok()?));
    nodes.extend(known.map(|node| (node, ())));
    let wanted = vmid.to_string();
    let free = |vmid: &u32| model.pool_of_vm(vmid.to_string().as_bytes()).is_none();
    let guests = cluster
        .containers
        .iter()
        .filter_map(|guest| guest.vmid)
        .chain(cluster.vms.iter().filter_map(|guest| guest.vmid));
    let mut alike: Vec<(bool, u32)> = guests
        .filter(|vmid| alike(&vmid.to_string(), &wanted))
        .filter(free)
        .map(|vmid| (!node(cluster, vmid).is_some_and(|node| nodes.contains_key(node)), vmid))
        .collect();
    alike.sort_unstable();
    match alike.as_slice() {
        [(_, one)] => Some(*one),
        [(false, one), (true, _), ..] => Some(*one),
        _ => None,
    }
}

/// Whether two numbers of the same length differ by one digit, or by two neighbours that are swapped.
fn alike(a: &str, b: &str) -> bool {
    let differ: Vec<usize> =
        a.bytes().zip(b.bytes()).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    a.len() == b.len()
        && match differ.as_slice() {
            [_] => true,
            [first, second] => {
                let (a, b) = (a.as_bytes(), b.as_bytes());
                second - first == 1 && a.get(*first) == b.get(*second) && a.get(*second) == b.get(*first)
            }
            _ => false,
        }
}

fn node<'c>(cluster: &Cluster<'c>, vmid: u32) -> Option<&'c str> {
    match cluster.guest(vmid)? {
        GuestRef::Container(at) => cluster.containers.get(at)?.node,
        GuestRef::Vm(at) => cluster.vms.get(at)?.node,
    }
}

/// `VM 101 on pve1`
fn describe(cluster: &Cluster<'_>, vmid: u32) -> String {
    let kind = match cluster.guest(vmid) {
        Some(GuestRef::Container(_)) => "container",
        _ => "VM",
    };
    match node(cluster, vmid) {
        Some(node) => format!("{kind} {vmid} on {node}"),
        None => format!("{kind} {vmid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn numbers_are_alike_by_a_slip_of_one_finger() {
        assert!(alike("102", "101") && alike("1012", "1021") && alike("102", "902"));
        assert!(!alike("102", "102") && !alike("102", "1020") && !alike("102", "213") && !alike("102", "201"));
    }
}
