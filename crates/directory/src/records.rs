//! How the tree's records are laid out on the disk: numbers big-endian, labels as length and bits, what may be missing behind a byte.

use akd::{
    Azks, NodeLabel,
    storage::types::{DbRecord, ValueState},
    tree_node::{TreeNode, TreeNodeWithPreviousValue},
};

/// The tree itself.
pub(crate) fn azks_to_bytes(azks: &Azks) -> Vec<u8> {
    [azks.latest_epoch.to_be_bytes(), azks.num_nodes.to_be_bytes()].concat()
}

pub(crate) fn azks_of(bytes: &[u8]) -> Option<DbRecord> {
    let mut rest = Rest(bytes);
    let azks = DbRecord::build_azks(rest.number()?, rest.number()?);
    rest.0.is_empty().then_some(DbRecord::Azks(azks))
}

/// A node, as it is and as it was an epoch ago.
pub(crate) fn node_to_bytes(node: &TreeNodeWithPreviousValue) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_label(&mut bytes, &node.label);
    put_node(&mut bytes, &node.latest_node);
    bytes.push(u8::from(node.previous_node.is_some()));
    if let Some(node) = &node.previous_node {
        put_node(&mut bytes, node);
    }
    bytes
}

pub(crate) fn node_of(bytes: &[u8]) -> Option<DbRecord> {
    let mut rest = Rest(bytes);
    let label = rest.label()?;
    let now = rest.node()?;
    let before = if rest.flag()? { Some(rest.node()?) } else { None };
    let node = DbRecord::build_tree_node_with_previous_value(
        label.label_val,
        label.label_len,
        now.last_epoch,
        now.min_descendant_epoch,
        now.parent.label_val,
        now.parent.label_len,
        now.kind,
        now.left,
        now.right,
        now.hash,
        before.as_ref().map(|node| node.last_epoch),
        before.as_ref().map(|node| node.min_descendant_epoch),
        before.as_ref().map(|node| node.parent.label_val),
        before.as_ref().map(|node| node.parent.label_len),
        before.as_ref().map(|node| node.kind),
        before.as_ref().and_then(|node| node.left),
        before.as_ref().and_then(|node| node.right),
        before.as_ref().map(|node| node.hash),
    );
    rest.0.is_empty().then_some(DbRecord::TreeNode(node))
}

/// A version of what stands in somebody's place. Whose and of which epoch, its key says.
pub(crate) fn state_to_bytes(state: &ValueState) -> Vec<u8> {
    let mut bytes = state.version.to_be_bytes().to_vec();
    put_label(&mut bytes, &state.label);
    bytes.extend(&state.value.0);
    bytes
}

pub(crate) fn state_of(whose: &[u8], epoch: u64, bytes: &[u8]) -> Option<ValueState> {
    let mut rest = Rest(bytes);
    let (version, label) = (rest.number()?, rest.label()?);
    let value = rest.0.to_vec();
    Some(DbRecord::build_user_state(whose.to_vec(), value, version, label.label_len, label.label_val, epoch))
}

fn put_label(bytes: &mut Vec<u8>, label: &NodeLabel) {
    bytes.extend(label.label_len.to_be_bytes());
    bytes.extend(label.label_val);
}

fn put_node(bytes: &mut Vec<u8>, node: &TreeNode) {
    bytes.extend(node.last_epoch.to_be_bytes());
    bytes.extend(node.min_descendant_epoch.to_be_bytes());
    put_label(bytes, &node.parent);
    bytes.push(node.node_type as u8);
    for child in [&node.left_child, &node.right_child] {
        bytes.push(u8::from(child.is_some()));
        if let Some(child) = child {
            put_label(bytes, child);
        }
    }
    bytes.extend(node.hash.0);
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

struct Node {
    last_epoch: u64,
    min_descendant_epoch: u64,
    parent: NodeLabel,
    kind: u8,
    left: Option<NodeLabel>,
    right: Option<NodeLabel>,
    hash: [u8; 32],
}

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn label(&mut self) -> Option<NodeLabel> {
        let length = self.take().map(u32::from_be_bytes).filter(|length| *length <= 256)?;
        Some(NodeLabel::new(self.take()?, length))
    }

    fn child(&mut self) -> Option<Option<NodeLabel>> {
        Some(if self.flag()? { Some(self.label()?) } else { None })
    }

    fn node(&mut self) -> Option<Node> {
        Some(Node {
            last_epoch: self.number()?,
            min_descendant_epoch: self.number()?,
            parent: self.label()?,
            kind: self.take::<1>()?[0],
            left: self.child()?,
            right: self.child()?,
            hash: self.take()?,
        })
    }
}
